// The webhook `order.updated` of WooCommerce. Its fields and headers are those of `class-wc-webhook.php` and
// `class-wc-rest-orders-v2-controller.php`.

import { CURRENCY } from "../model/catalogue.ts";
import { names, type Order, total } from "./order.ts";
import type { Secrets, Sending } from "./report.ts";
import { inBase64 } from "./sign.ts";

/** Returns a time as WooCommerce writes its `…_gmt` fields: without a zone. */
const gmt = (millis: number) => new Date(millis).toISOString().slice(0, 19);

export async function wooCommerceWebhook(order: Order, secrets: Secrets): Promise<Sending> {
  const [first_name, last_name] = names(order);
  const body = JSON.stringify({
    id: order.id,
    parent_id: 0,
    number: String(order.id),
    order_key: order.key,
    created_via: "checkout",
    version: "10.4.0",
    status: "processing",
    currency: CURRENCY,
    date_created_gmt: gmt(order.placedMillis),
    date_paid_gmt: gmt(order.paidMillis ?? order.placedMillis),
    discount_total: "0.00",
    shipping_total: "0.00",
    total: total(order),
    total_tax: "0.00",
    customer_id: 0,
    customer_ip_address: order.address,
    customer_user_agent: order.userAgent,
    billing: { first_name, last_name, email: order.email, phone: "", city: "", postcode: "", country: "" },
    payment_method: "bacs",
    line_items: order.lines.map(({ product, quantity }, index) => ({
      id: index + 1,
      name: product.name,
      product_id: index + 31,
      variation_id: 0,
      quantity,
      sku: product.id,
      price: product.priceCents / 100,
      total: total({ lines: [{ product, quantity }] }),
    })),
    meta_data: [],
    refunds: [],
  });
  return {
    path: "/bridge/webhooks/woocommerce",
    proof: "x-wc-webhook-signature",
    headers: {
      "user-agent": "WooCommerce/10.4.0 Hookshot (WordPress/6.9)",
      "x-wc-webhook-source": `${order.site}/`,
      "x-wc-webhook-topic": "order.updated",
      "x-wc-webhook-resource": "order",
      "x-wc-webhook-event": "updated",
      "x-wc-webhook-id": "12",
      "x-wc-webhook-delivery-id": crypto.randomUUID().replaceAll("-", ""),
      "x-wc-webhook-signature": await inBase64(secrets.WOOCOMMERCE_WEBHOOK_SECRET, body),
    },
    body,
  };
}
