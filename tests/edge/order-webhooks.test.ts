// Tests the order memory with the webhooks of shops: the page knew the browser, the shop knows the e-mail.

import { createHmac, randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { type Edge, ORIGIN } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startBridge } from "../support/started.ts";

const SECRETS = {
  WOOCOMMERCE_WEBHOOK_SECRET: "woocommerce-0123456789abcdef",
  SHOPIFY_WEBHOOK_SECRET: "shopify-0123456789abcdef",
};
const LEA = "837b55a6524924b0b94fcc98d0f47bdf734037eabfc6102aa3e05bc9a442dfa1";
const ADDRESS = "8.8.4.4";

let sandbox: Sandbox;
let edge: Edge;

beforeAll(async () => {
  ({ sandbox, edge } = await startBridge({}, { secrets: SECRETS }));
});

function post(shop: "woocommerce" | "shopify", body: object) {
  const text = JSON.stringify(body);
  const [name, secret] =
    shop === "woocommerce"
      ? ["x-wc-webhook-signature", SECRETS.WOOCOMMERCE_WEBHOOK_SECRET]
      : ["x-shopify-hmac-sha256", SECRETS.SHOPIFY_WEBHOOK_SECRET];
  const headers = { [name]: createHmac("sha256", secret).update(text).digest("base64") };
  return fetch(`${edge.url}/bridge/webhooks/${shop}`, { method: "POST", headers, body: text });
}

/** Posts a page's Purchase of an order, with an id of its own. Returns its `fbp`. */
async function page(eventId: string, url: string, order: string | undefined) {
  const fbp = `fb.1.${Date.now() - 1000}.${Math.floor(Math.random() * 1e9)}`;
  const answer = await edge.post(
    {
      data: [
        {
          event_name: "Purchase",
          event_id: eventId,
          event_time: Math.floor(Date.now() / 1000),
          event_source_url: url,
          user_data: { fbp },
          custom_data: { value: 42.5, currency: "EUR", ...(order !== undefined && { order_id: order }) },
        },
      ],
    },
    { origin: ORIGIN, "cf-connecting-ip": ADDRESS },
  );
  expect(answer.status).toBe(202);
  return fbp;
}

const withEmail = (eventId: string) =>
  eventually(`${eventId} with the e-mail`, async () => {
    const { events } = await sandbox.report();
    return events.find(
      ({ event_id, server }) => event_id === eventId && server?.user_data["em"] !== undefined,
    );
  });

test("an order of WooCommerce has the browser and the event id of its page, by the order's key", async () => {
  const id = randomUUID();
  const fbp = await page(
    id,
    "https://shop.example/checkout/order-received/727/?key=wc_order_AbCdEf123",
    "727",
  );
  const answer = await post("woocommerce", {
    id: 727,
    status: "processing",
    currency: "EUR",
    total: "42.50",
    order_key: "wc_order_AbCdEf123",
    date_paid_gmt: new Date().toISOString().slice(0, 19),
    billing: { email: "Lea@example.com" },
  });
  expect(answer.status).toBe(200);
  const event = await withEmail(id);
  expect(event.server).toMatchObject({ fbp, user_data: { em: [LEA] } });
});

test("an order of Shopify has them by the checkout's token", async () => {
  const id = randomUUID();
  const token = randomUUID().replaceAll("-", "");
  const fbp = await page(id, `https://shop.example/checkouts/cn/${token}/thank-you`, undefined);
  const answer = await post("shopify", {
    id: 820982911946154,
    name: "#1001",
    checkout_token: token,
    financial_status: "paid",
    currency: "EUR",
    total_price: "42.50",
    processed_at: new Date().toISOString(),
    email: "Lea@example.com",
  });
  expect(answer.status).toBe(200);
  const event = await withEmail(id);
  expect(event.server).toMatchObject({ fbp, user_data: { em: [LEA] } });
});
