// The webhook `orders/paid` of Shopify, in the shape of its REST API.

import { CURRENCY } from "../model/catalogue.ts";
import { names, type Order, total } from "./order.ts";
import type { Secrets, Sending } from "./report.ts";
import { inBase64 } from "./sign.ts";

export async function shopifyWebhook(order: Order, secrets: Secrets): Promise<Sending> {
  const [first_name, last_name] = names(order);
  const placed = new Date(order.placedMillis).toISOString();
  const paid = new Date(order.paidMillis ?? order.placedMillis).toISOString();
  const money = { amount: total(order), currency_code: CURRENCY };
  const number = order.id % 10_000;
  const body = JSON.stringify({
    id: order.id,
    name: `#${number}`,
    order_number: number,
    checkout_token: order.key,
    cart_token: null,
    financial_status: "paid",
    test: false,
    source_name: "web",
    currency: CURRENCY,
    presentment_currency: CURRENCY,
    total_price: total(order),
    total_price_set: { shop_money: money, presentment_money: money },
    created_at: placed,
    processed_at: paid,
    updated_at: paid,
    cancelled_at: null,
    email: order.email,
    phone: null,
    client_details: { browser_ip: order.address || null, user_agent: order.userAgent },
    landing_site: "/",
    note_attributes: [],
    billing_address: { first_name, last_name, city: null, zip: null, country_code: null, phone: null },
    customer: null,
    line_items: order.lines.map(({ product, quantity }, index) => ({
      id: index + 1,
      product_id: index + 632_910_392,
      variant_id: index + 39_072_856,
      sku: product.id,
      title: product.name,
      vendor: "Windward",
      quantity,
      price: (product.priceCents / 100).toFixed(2),
      gift_card: false,
    })),
  });
  return {
    path: "/bridge/webhooks/shopify",
    proof: "x-shopify-hmac-sha256",
    headers: {
      "user-agent": "Shopify-Captain-Hook",
      "x-shopify-topic": "orders/paid",
      "x-shopify-shop-domain": "windward.myshopify.com",
      "x-shopify-api-version": "2026-07",
      "x-shopify-webhook-id": crypto.randomUUID(),
      "x-shopify-event-id": crypto.randomUUID(),
      "x-shopify-triggered-at": paid,
      "x-shopify-hmac-sha256": await inBase64(secrets.SHOPIFY_WEBHOOK_SECRET, body),
    },
    body,
  };
}
