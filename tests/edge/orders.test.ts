// Tests the order memory: a back end's later copy of an order gets the visitor of the page, over restarts and
// outboxes.

import { createHash, randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DATASET, type Edge, KEY, pageEvent, serverEvent } from "../support/edge.ts";
import { changeOutbox } from "../support/outbox.ts";
import { eventually } from "../support/eventually.ts";
import { startMeta } from "../support/meta.ts";
import { scratch } from "../support/sandbox.ts";
import { startEdge } from "../support/started.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const HOUR_MILLIS = 60 * 60 * 1000;
const DAY_MILLIS = 24 * HOUR_MILLIS;
const VISITOR = "8.8.4.4";
const FBP = "fb.1.1596403881668.1116446470";
const FBC = `fb.1.${Date.now() - 1000}.IwAR2AbC_dEf-123`;

/** An event at Meta. The sandbox shows only the first copy of a server, so these tests read the requests. */
interface Sent {
  event_id: string;
  event_source_url?: string;
  action_source: string;
  user_data: Record<string, unknown>;
  custom_data: Record<string, unknown>;
}

let meta: Awaited<ReturnType<typeof startMeta>>;
beforeAll(async () => {
  meta = await startMeta();
});
afterAll(() => meta.stop());

/** Returns the copies of an event that Meta got, once there is one. */
const sent = (what: string, is: (event: Sent) => boolean) =>
  eventually(what, () => {
    const all = meta.received.flatMap(({ body }) => body.data as unknown as Sent[]).filter(is);
    return Promise.resolve(all.length > 0 ? all : undefined);
  });

/** Returns a page's Purchase of an order, with a random id and both cookies. */
function bought(order: string, changes: object = {}) {
  const id = randomBytes(16).toString("hex");
  const event = pageEvent({ event_id: id, user_data: { fbp: FBP, fbc: FBC }, ...changes });
  Object.assign(event.custom_data, { order_id: order });
  return event;
}

/** Returns the back end's copy of an order. It knows the customer and the order, and no browser. */
function paid(order: string, user_data: object, changes: object = {}) {
  const { event_name, event_time } = serverEvent();
  const custom_data = { value: 42.5, currency: "EUR", order_id: order };
  return { event_name, event_time, action_source: "system_generated", custom_data, user_data, ...changes };
}

async function accepted(answer: Promise<{ status: number; body: unknown }>) {
  const { status, body } = await answer;
  expect(status, JSON.stringify(body)).toBe(202);
}

const asPage = (edge: Edge, event: object, ip = VISITOR) =>
  accepted(edge.post({ data: [event] }, { "cf-connecting-ip": ip }));
const asServer = (edge: Edge, event: object) => accepted(edge.postAsServer({ data: [event] }));

/** Returns the event that has the e-mail of a customer. */
async function ofCustomer(email: string): Promise<Sent> {
  const hash = sha256(email);
  const [first, second] = await sent(email, ({ user_data }) => JSON.stringify(user_data).includes(hash));
  expect(second).toBeUndefined();
  if (first === undefined) throw new Error("expected an event");
  return first;
}
const ofPage = async (id: string) => (await sent(id, ({ event_id }) => event_id === id))[0];

const everything = { fbp: FBP, fbc: FBC, client_ip_address: VISITOR, client_user_agent: "Test/1.0" };

test.each([1, 4])("with %i outboxes, an order that is paid an hour later is the page's", async (outboxes) => {
  const state = scratch(`orders-${outboxes}`);
  const settings = { outboxes, rateLimit: { perSecond: 1000, burst: 1000 } };
  const before = await startEdge(meta.url, settings, { state });
  const orders = Array.from({ length: 6 }, () => randomUUID());
  const pages = orders.map((order) => bought(order));
  for (const page of pages) await asPage(before, page);
  for (const page of pages) await ofPage(page.event_id);
  await before.stop();
  expect(await changeOutbox("aged", state, DATASET, HOUR_MILLIS, "orders")).toBe("12");

  const edge = await startEdge(meta.url, settings, { state });
  for (const order of orders) {
    await asServer(edge, paid(order, { em: `${order}@example.com`, client_ip_address: VISITOR }));
  }
  for (const [at, order] of orders.entries()) {
    const server = await ofCustomer(`${order}@example.com`);
    expect(server.event_id).toBe(pages[at]?.event_id);
    expect(server.user_data).toMatchObject(everything);
    expect(server.custom_data).toMatchObject({ value: 42.5, currency: "EUR", order_id: order });
    expect(server.action_source).toBe("system_generated");
  }
  expect((await edge.status()).datasets[0]?.totals).toMatchObject({
    orders_completed: 6,
    order_conflicts: 0,
  });
  await edge.stop();
});

test("the thank-you page of WooCommerce proves the order by its key, which Meta does not get", async () => {
  const edge = await startEdge(meta.url);
  const [order, key] = ["727", `wc_order_${randomBytes(8).toString("hex")}`];
  const page = pageEvent({
    event_id: randomUUID(),
    user_data: { fbp: FBP, fbc: FBC },
    event_source_url: `https://shop.example/checkout/order-received/${order}/?key=${key}`,
  });
  await asPage(edge, page);
  const first = await ofPage(page.event_id);
  expect(first?.event_source_url).toBe("https://shop.example/checkout/order-received/727/");

  const email = `${randomUUID()}@example.com`;
  const webhook = paid(order, { em: email });
  Object.assign(webhook.custom_data, { order_key: key });
  await asServer(edge, webhook);
  const server = await ofCustomer(email);
  expect(server.event_id).toBe(page.event_id);
  expect(server.user_data).toMatchObject(everything);
  expect(server.custom_data).not.toHaveProperty("order_key");
  await edge.stop();
});

test("orders that another visitor named first stay as they are", async () => {
  const edge = await startEdge(meta.url, { rateLimit: { perSecond: 1000, burst: 2000 } });
  for (let order = 5000; order < 5100; order += 10) {
    const data = Array.from({ length: 10 }, (_, at) =>
      bought(String(order + at), { user_data: { fbp: "fb.1.1596403881668.666", fbc: FBC } }),
    );
    await accepted(edge.post({ data }, { "cf-connecting-ip": "8.8.8.8" }));
  }
  const email = `${randomUUID()}@example.com`;
  await asServer(edge, paid("5050", { em: email, client_ip_address: VISITOR }));
  const server = await ofCustomer(email);
  expect(server.event_id).toBe(sha256("Purchase:5050").slice(0, 32));
  expect(server.user_data).toEqual({ em: [sha256(email)], client_ip_address: VISITOR });
  await edge.stop();
});

test("nothing of the visitor is on disk as text, and the memory ends with its days", async () => {
  const state = scratch("orders-disk");
  const settings = { orderMemory: { days: 2 } };
  const secrets = { ORDER_SECRET: randomBytes(32).toString("hex") };
  const order = `order-${randomUUID()}`;
  const fbp = `fb.1.1596403881668.${Date.now()}`;
  const start = () => startEdge(meta.url, settings, { state, secrets });
  const first = await start();
  await asPage(first, bought(order, { user_data: { fbp } }));
  await first.stop();
  const heardAfter = async (hours: number) => {
    expect(await changeOutbox("aged", state, DATASET, hours * HOUR_MILLIS, "orders")).not.toBe("0");
    const edge = await start();
    const email = `${randomUUID()}@example.com`;
    await asServer(edge, paid(order, { em: email, fbp }, { event_id: randomUUID() }));
    const { user_data: heard } = await ofCustomer(email);
    await edge.stop();
    return heard;
  };
  expect(await changeOutbox("aged", state, DATASET, 0, "orders")).toBe("2");
  const rows = await changeOutbox("orders-as-text", state, DATASET);
  for (const text of [order, fbp, VISITOR, "Test/1.0", "shop.example"]) expect(rows).not.toContain(text);
  expect(await heardAfter(47)).toHaveProperty("client_user_agent");
  expect(await heardAfter(2 * 24)).not.toHaveProperty("client_user_agent");
});

test("a no deletes what was remembered of the order", async () => {
  const edge = await startEdge(meta.url);
  const order = randomUUID();
  const page = bought(order);
  await asPage(edge, page);
  const denied = await edge.post(
    { data: [{ ...bought(order), consent: { ad_storage: "denied" } }] },
    { "cf-connecting-ip": VISITOR },
  );
  expect(denied.body.problems[0]?.code).toBe("consent_denied");
  expect((await edge.status()).datasets[0]?.totals).toMatchObject({ orders_forgotten: 1 });
  const email = `${randomUUID()}@example.com`;
  await asServer(edge, paid(order, { em: email, client_ip_address: VISITOR }));
  expect((await ofCustomer(email)).user_data).toEqual({ em: [sha256(email)], client_ip_address: VISITOR });
  await edge.stop();
});

test("an event without an order costs no row of the memory, and the disk of an older release gets the table", async () => {
  const state = scratch("orders-none");
  const edge = await startEdge(meta.url, { orderMemory: { days: 90 } }, { state });
  await asPage(edge, pageEvent());
  await edge.stop();
  expect(await changeOutbox("aged", state, DATASET, DAY_MILLIS, "orders")).toBe("0");
  await changeOutbox("without-orders", state, DATASET);
  const again = await startEdge(meta.url, {}, { state });
  const order = randomUUID();
  await asPage(again, bought(order));
  expect((await again.status()).datasets[0]?.totals).toMatchObject({ orders_remembered: 1 });
  const metrics = await fetch(`${again.url}/bridge/status`, {
    headers: { authorization: `Bearer ${KEY}`, accept: "text/plain" },
  });
  expect(await metrics.text()).toContain(`capi_bridge_orders_remembered_total{dataset="${DATASET}"} 1`);
  await again.stop();
});
