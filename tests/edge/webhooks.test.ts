// Tests the webhooks of shops and payment providers, as they post orders: from the signed body to Meta.

import { createHmac, randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { type Edge, KEY, ORIGIN } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startBridge, startEdge } from "../support/started.ts";

const SECRETS = {
  WOOCOMMERCE_WEBHOOK_SECRET: "woo & co <secret> 0123456789abcdef",
  SHOPIFY_WEBHOOK_SECRET: "shopify-secret-0123456789abcdef",
  STRIPE_WEBHOOK_SECRET: "whsec_0123456789abcdef0123456789",
  STRIPE_WEBHOOK_SECRET_42: "whsec_of_dataset_42_0123456789",
  WEBHOOK_SECRET_MY_SHOP: "s3cret-of-my-shop-0123456789abcdef",
};
const WEBHOOKS = {
  "my-shop": {
    header: "X-Signature",
    prefix: "v1=",
    timestampPrefix: "t=",
    mapping: {
      everyEvent: {
        "custom_data.order_id": "order",
        "custom_data.value": "total",
        "custom_data.currency": "=EUR",
        "user_data.em": "email",
      },
      events: [{ event: "order", becomes: "Purchase" }],
    },
  },
};
/** The SHA-256 of lea@example.com, as `printf lea@example.com | sha256sum` prints it. */
const LEA = "837b55a6524924b0b94fcc98d0f47bdf734037eabfc6102aa3e05bc9a442dfa1";
/** The secret of another shop. */
const WRONG = "another-secret-0123456789abcdef";

let sandbox: Sandbox;
let edge: Edge;

beforeAll(async () => {
  const changes = { webhooks: WEBHOOKS, rateLimit: { perSecond: 1000, burst: 1000 } };
  ({ sandbox, edge } = await startBridge(changes, { secrets: SECRETS }));
});

interface Answer {
  received: boolean;
  events?: number;
  code?: string;
  message?: string;
  problems?: { code: string; path: string; message: string }[];
}

const seconds = () => Math.floor(Date.now() / 1000);
const sign = (secret: string, text: string, encoding: "hex" | "base64") =>
  createHmac("sha256", secret).update(text).digest(encoding);

/** Returns the header with which a sender signs a body. */
function signature(webhook: string, body: string, secret: string, at = seconds()): Record<string, string> {
  switch (webhook) {
    case "woocommerce":
      return { "x-wc-webhook-signature": sign(secret, body, "base64") };
    case "shopify":
      return { "x-shopify-hmac-sha256": sign(secret, body, "base64") };
    case "stripe":
      return { "stripe-signature": `t=${at},v1=${sign(secret, `${at}.${body}`, "hex")}` };
    default:
      return { "x-signature": `t=${at},v1=${sign(secret, `${at}.${body}`, "hex")}` };
  }
}

async function post(webhook: string, body: string, headers: Record<string, string>, to = edge) {
  const response = await fetch(`${to.url}/bridge/webhooks/${webhook}`, { method: "POST", headers, body });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

/** Posts a body as its sender signs it. */
function signed(webhook: Shop, body: object, at?: number) {
  const text = JSON.stringify(body);
  return post(webhook, text, signature(webhook, text, secretOf(webhook), at));
}

type Shop = "woocommerce" | "shopify" | "stripe" | "my-shop";
const SHOPS: Shop[] = ["woocommerce", "shopify", "stripe", "my-shop"];
const NAMES = {
  woocommerce: "WOOCOMMERCE_WEBHOOK_SECRET",
  shopify: "SHOPIFY_WEBHOOK_SECRET",
  stripe: "STRIPE_WEBHOOK_SECRET",
  "my-shop": "WEBHOOK_SECRET_MY_SHOP",
} as const;
const secretOf = (shop: Shop) => SECRETS[NAMES[shop]];

let orders = 1000;

/** Returns a paid order of a shop and its id. `eventId` is what the page put into the order. */
function paid(shop: Shop, eventId?: string): { id: string; body: Record<string, unknown> } {
  const number = (orders += 1);
  const email = "Lea@example.com";
  const now = new Date().toISOString();
  switch (shop) {
    case "woocommerce": {
      const meta_data = eventId === undefined ? [] : [{ id: 1, key: "_meta_event_id", value: eventId }];
      return {
        id: String(number),
        body: {
          id: number,
          status: "processing",
          currency: "EUR",
          total: "42.50",
          date_paid_gmt: now.slice(0, 19),
          billing: { email },
          line_items: [{ product_id: 31, variation_id: 34, name: "Tee", quantity: 2, price: 15.605 }],
          meta_data,
        },
      };
    }
    case "shopify": {
      const note_attributes = eventId === undefined ? [] : [{ name: "event_id", value: eventId }];
      const id = `82098291194${number}`;
      return {
        id,
        body: {
          id: Number(id),
          name: `#${number}`,
          financial_status: "paid",
          currency: "EUR",
          total_price: "42.50",
          processed_at: now,
          email,
          note_attributes,
          line_items: [{ product_id: 1, variant_id: 34, title: "Tee", quantity: 2, price: "15.60" }],
        },
      };
    }
    case "stripe": {
      const metadata = eventId === undefined ? {} : { event_id: eventId };
      return {
        id: `A-${number}`,
        body: {
          object: "event",
          type: "checkout.session.completed",
          created: seconds(),
          livemode: true,
          data: {
            object: {
              id: `cs_live_${number}`,
              mode: "payment",
              payment_status: "paid",
              amount_total: 4250,
              currency: "eur",
              client_reference_id: `A-${number}`,
              customer_details: { email },
              metadata,
            },
          },
        },
      };
    }
    case "my-shop":
      return { id: `B-${number}`, body: { order: `B-${number}`, total: "42.50", email } };
  }
}

/** Returns the copies of an order that Meta has got. */
async function atMeta(order: string) {
  const { events } = await sandbox.report();
  return events.filter(({ server }) => server?.custom_data["order_id"] === order);
}

async function refused(): Promise<Record<string, number>> {
  const status = await fetch(`${edge.url}/bridge/status`, { headers: { authorization: `Bearer ${KEY}` } });
  return ((await status.json()) as { refused: Record<string, number> }).refused;
}

describe.each(SHOPS)("an order of %s", (shop) => {
  test("reaches Meta as a Purchase once, also if it is sent again", async () => {
    const { id, body } = paid(shop);
    const first = await signed(shop, body);
    expect(first).toMatchObject({ status: 200, body: { received: true, events: 1 } });
    const [event] = await eventually(`order ${id}`, async () => {
      const found = await atMeta(id);
      return found.length > 0 ? found : undefined;
    });
    expect(event).toMatchObject({
      event_name: "Purchase",
      server: {
        action_source: "system_generated",
        user_data: { em: [LEA] },
        custom_data: { value: 42.5, currency: "EUR", order_id: id },
      },
    });
    expect((await signed(shop, body)).status).toBe(200);
    const other = paid(shop);
    await signed(shop, other.body);
    await eventually(`order ${other.id}`, async () => (await atMeta(other.id))[0]);
    const [again, ...more] = await atMeta(id);
    expect([again?.server?.copies, more]).toEqual([1, []]);
  });

  test("with a wrong signature gets 401 and is not stored", async () => {
    const { id, body } = paid(shop);
    const text = JSON.stringify(body);
    const answer = await post(shop, text, signature(shop, text, WRONG));
    expect(answer).toMatchObject({ status: 401, body: { received: false, code: "wrong_signature" } });
    const changed = await post(shop, `${text} `, signature(shop, text, secretOf(shop)));
    expect(changed.status).toBe(401);
    expect((await post(shop, text, {})).status).toBe(401);
    expect(JSON.stringify([answer, changed])).not.toContain(secretOf(shop));
    expect(await atMeta(id)).toEqual([]);
  });

  test("without the secret at the worker is told its name", async () => {
    const bare = await startEdge(sandbox.url, { webhooks: WEBHOOKS });
    const { body } = paid(shop);
    const text = JSON.stringify(body);
    // Anyone can sign with an empty key.
    const answer = await post(shop, text, signature(shop, text, ""), bare);
    expect(answer).toMatchObject({ status: 401, body: { code: "no_webhook_secret" } });
    expect(answer.body.message).toContain(NAMES[shop]);
  });
});

describe.each(SHOPS.filter((shop) => shop !== "my-shop"))("a page and %s", (shop) => {
  test("tell of one Purchase by the event id in the order", async () => {
    const eventId = randomUUID();
    const { id, body } = paid(shop, eventId);
    const fbp = `fb.1.${Date.now() - 1000}.1073741823`;
    const page = await edge.post({
      data: [
        {
          event_name: "Purchase",
          event_id: eventId,
          event_time: seconds(),
          event_source_url: "https://shop.example/thanks",
          user_data: { fbp },
          custom_data: { value: 42.5, currency: "EUR", order_id: id },
        },
      ],
    });
    expect(page.status).toBe(202);
    expect((await signed(shop, body)).body.events).toBe(1);
    const event = await eventually(`${eventId} with the e-mail`, async () => {
      const { events } = await sandbox.report();
      return events.find(
        ({ event_id, server }) => event_id === eventId && server?.user_data["em"] !== undefined,
      );
    });
    expect(event.server?.user_data["em"]).toEqual([LEA]);
  });
});

describe("a signed body that is no sale", () => {
  test.each([
    ["woocommerce", { status: "on-hold" }, "order_unpaid"],
    ["woocommerce", { status: "refunded" }, "order_refunded"],
    ["woocommerce", { status: "cancelled" }, "order_cancelled"],
    ["woocommerce", { currency: "" }, "missing_currency"],
    ["woocommerce", { total: "-1.00" }, "negative_value"],
    ["woocommerce", { date_paid_gmt: "2020-01-01T00:00:00" }, "event_too_old"],
    ["woocommerce", { meta_data: [{ key: "_marketing_consent", value: "denied" }] }, "consent_denied"],
    ["shopify", { test: true }, "test_order"],
    ["shopify", { financial_status: "pending" }, "order_unpaid"],
    ["stripe", { livemode: false }, "test_order"],
    ["stripe", { type: "customer.created" }, "not_an_order"],
  ] as const)("of %s with %j is answered with 200 and counted as %s", async (shop, changes, reason) => {
    const before = (await refused())[reason] ?? 0;
    const { id, body } = paid(shop);
    const answer = await signed(shop, { ...body, ...changes });
    expect(answer).toMatchObject({ status: 200, body: { received: true, events: 0 } });
    expect(answer.body.problems?.map(({ code }) => code)).toContain(reason);
    expect((await refused())[reason]).toBe(before + 1);
    expect(await atMeta(id)).toEqual([]);
  });

  test("of WooCommerce may only have the id of a deleted order, and a ping has no order at all", async () => {
    expect((await signed("woocommerce", { id: 729 })).status).toBe(200);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await post("woocommerce", "webhook_id=12", form)).status).toBe(200);
  });
});

describe("a signature with a time", () => {
  test.each(["stripe", "my-shop"] as const)("of %s is refused 301 seconds later", async (shop) => {
    const { body } = paid(shop);
    const old = await signed(shop, body, seconds() - 302);
    expect(old).toMatchObject({ status: 401, body: { code: "stale_signature" } });
    expect((await signed(shop, body, seconds() + 302)).status).toBe(401);
    expect((await signed(shop, body, seconds() - 290)).status).toBe(200);
  });
});

test("a secret with a dataset in its name signs for that dataset", async () => {
  const { id, body } = paid("stripe");
  const text = JSON.stringify(body);
  const answer = await post("stripe", text, signature("stripe", text, SECRETS.STRIPE_WEBHOOK_SECRET_42));
  expect(answer.body.events).toBe(1);
  const event = await eventually(`order ${id}`, async () => (await atMeta(id))[0]);
  expect(event.dataset_id).toBe("42");
});

test("a webhook that nobody set up is answered with the paths that exist, and other methods with POST", async () => {
  const unknown = await fetch(`${edge.url}/bridge/webhooks/shopware`, { method: "POST", body: "{}" });
  expect(unknown.status).toBe(404);
  expect(await unknown.text()).toContain("/bridge/webhooks/{woocommerce,shopify,stripe}");
  const read = await fetch(`${edge.url}/bridge/webhooks/stripe`);
  expect([read.status, read.headers.get("allow")]).toEqual([405, "POST"]);
});

test("a browser of another site cannot use up the limits of its address", async () => {
  const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  const answer = await post("stripe", "{}", { ...headers, "stripe-signature": "t=1,v1=00" });
  expect(answer.status).toBe(403);
  expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  const own = await post("stripe", "{}", { origin: ORIGIN });
  expect(own.headers.get("access-control-allow-origin")).toBeNull();
});

test("orders that cannot be stored are sent again", async () => {
  const full = await startEdge(
    sandbox.url,
    { maxBacklogBytes: 1_000_000, graphUrl: "http://127.0.0.1:9" },
    { secrets: SECRETS },
  );
  const { body } = paid("woocommerce");
  const large = { ...body, line_items: lines(900) };
  const text = JSON.stringify(large);
  const headers = signature("woocommerce", text, SECRETS.WOOCOMMERCE_WEBHOOK_SECRET);
  const statuses = new Set<number>();
  for (let sent = 0; sent < 40; sent++) {
    const order = JSON.stringify({ ...large, id: 5000 + sent });
    const one = signature("woocommerce", order, SECRETS.WOOCOMMERCE_WEBHOOK_SECRET);
    const answer = await post("woocommerce", order, one, full);
    statuses.add(answer.status);
    if (answer.status !== 503) continue;
    expect(answer.body).toMatchObject({ received: false, code: "outbox_full" });
    expect(answer.headers.get("retry-after")).not.toBeNull();
    break;
  }
  expect([...statuses]).toEqual([200, 503]);
  expect((await post("woocommerce", text, headers, full)).status).toBe(503);
});

/** Returns the lines of a large order. */
function lines(count: number) {
  return Array.from({ length: count }, (_, product_id) => ({
    product_id: product_id + 1,
    quantity: 1,
    price: 1,
  }));
}
