// Tests that optional data never costs an event, whichever way it comes: what has one meaning is read, what is wrong is
// left out and named (findings B7 to B10, B12 and B13). `tests/relay` and `tests/sources` have a test for each rule.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DATASET, type Edge, KEY, serverEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { startMeta } from "../support/meta.ts";
import { startEdge } from "../support/started.ts";

const WRITE_KEY = "write-key-0123456789abcdef0123456789";

type Sent = {
  event_name: string;
  event_id: string;
  user_data: Record<string, unknown>;
  custom_data?: Record<string, unknown>;
};

let meta: Awaited<ReturnType<typeof startMeta>>;
let edge: Edge;

beforeAll(async () => {
  meta = await startMeta();
  const secrets = { SEGMENT_WRITE_KEY: WRITE_KEY };
  edge = await startEdge(meta.url, { rateLimit: { perSecond: 10_000, burst: 10_000 } }, { secrets });
});
afterAll(() => meta.stop());

const atMeta = (id: string) =>
  eventually(
    `${id} at Meta`,
    async () =>
      meta.received.flatMap(({ body }) => body.data as unknown as Sent[]).find((one) => one.event_id === id),
    10_000,
  );

async function posted(path: string, headers: Record<string, string>, body: string | URLSearchParams) {
  const answer = await fetch(`${edge.url}${path}`, { method: "POST", headers, body });
  return { status: answer.status, text: await answer.text() };
}

const GRAPH = `/v26.0/${DATASET}/events`;
const bearer = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };

/** The ways in which an event in Meta's shape comes. Each returns the status and the text of the answer. */
const WAYS: [string, (event: object) => Promise<{ status: number; text: string }>][] = [
  [
    "a page",
    async (event) => {
      const { status, body } = await edge.post({ data: [event] });
      return { status, text: JSON.stringify(body) };
    },
  ],
  ["a server", (event) => posted("/bridge/events", bearer, JSON.stringify({ data: [event] }))],
  ["Graph", (event) => posted(GRAPH, bearer, JSON.stringify({ data: [event] }))],
  [
    "Graph in a form",
    (event) => posted(GRAPH, {}, new URLSearchParams({ access_token: KEY, data: JSON.stringify([event]) })),
  ],
];

/** The optional data that is sent, the custom data that arrives, and the path that is named, if one is. */
const CUSTOM_DATA: [string, string, object, object, string?][] = [
  [
    "products in JSON text",
    "Purchase",
    { value: 5, currency: "EUR", contents: '[{"id":"A","quantity":1}]' },
    { value: 5, currency: "EUR", contents: [{ id: "A", quantity: 1 }] },
  ],
  [
    "products in text that is no JSON",
    "Purchase",
    { value: 5, currency: "EUR", contents: '[{"id":"A"' },
    { value: 5, currency: "EUR" },
    "custom_data.contents",
  ],
  ["products that are a number", "AddToCart", { contents: 7 }, {}, "custom_data.contents"],
  ["a blank currency", "CompleteRegistration", { value: 0, currency: "" }, {}, "custom_data.currency"],
  ["a blank value and a blank currency", "Lead", { value: "", currency: "" }, {}],
  ["blank products", "AddToCart", { contents: " ", content_ids: "", num_items: "" }, {}],
  ["ids in text", "ViewContent", { content_ids: "123, 456" }, { content_ids: ["123", "456"] }],
  ["ids in JSON text", "ViewContent", { content_ids: '["123",456]' }, { content_ids: ["123", "456"] }],
  ["ids that are none", "ViewContent", { content_ids: true }, {}, "custom_data.content_ids"],
  ["an order number", "Lead", { order_id: 1001 }, { order_id: "1001" }],
  [
    "numbers in text",
    "Purchase",
    { value: "1.299,00", currency: "eur", num_items: "2" },
    { value: 1299, currency: "EUR", num_items: 2 },
  ],
];

describe.each(WAYS)("an event by way of %s", (_, send) => {
  test.each(CUSTOM_DATA)("with %s arrives", async (_, event_name, custom_data, expected, path) => {
    const event_id = randomUUID();
    const answer = await send(serverEvent({ event_id, event_name, custom_data }));
    expect(answer.status, answer.text).toBeLessThan(300);
    const sent = await atMeta(event_id);
    expect(sent.custom_data ?? {}).toEqual(expected);
    if (path !== undefined) expect(answer.text).toContain(path);
  });

  test.each([12345, 9_007_199_254_740_991])("with the number %i as id has it as text", async (id) => {
    // The ways have ids of their own, so that none is a second copy.
    const event_name = `Way${WAYS.findIndex(([, other]) => other === send)}`;
    const answer = await send(serverEvent({ event_id: id, event_name }));
    expect(answer.status, answer.text).toBeLessThan(300);
    const isIt = (one: Sent) => one.event_name === event_name && one.event_id === String(id);
    await eventually("it at Meta", async () =>
      meta.received.flatMap(({ body }) => body.data as unknown as Sent[]).find(isIt),
    );
  });

  // SHA-256 of "", "null" and "undefined", by sha256sum.
  test.each([
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b",
    "EB045D78D273107348B0300C01D29B7552D622ABBC6FAF81B3EC55359AA9950C",
  ])("with the hash of a text that is no one's (%s) arrives without it", async (hash) => {
    const event_id = randomUUID();
    const user_data = { em: [hash], ph: hash, fn: hash, external_id: [hash], fbp: "fb.1.1596403881668.1" };
    const answer = await send(serverEvent({ event_id, user_data }));
    expect(answer.status, answer.text).toBeLessThan(300);
    expect(JSON.stringify(await atMeta(event_id)).toLowerCase()).not.toContain(hash.toLowerCase());
  });
});

describe("a call of Segment's with a no to advertising", () => {
  const call = (messageId: string, changes: object) => ({
    type: "track",
    event: "Order Completed",
    messageId,
    userId: "user-1",
    properties: { order_id: messageId, revenue: 5, currency: "EUR" },
    ...changes,
    context: {
      userAgent: "Mozilla/5.0",
      page: { url: "https://shop.example/thanks" },
      ...("context" in changes && (changes.context as object)),
    },
  });
  const denied = (categoryPreferences: object) => ({ context: { consent: { categoryPreferences } } });
  const post = (path: string, body: object) =>
    posted(path, { "content-type": "application/json" }, JSON.stringify({ writeKey: WRITE_KEY, ...body }));

  test.each<[string, object]>([
    ["a category", denied({ Advertising: false })],
    ["a category in small letters", denied({ advertising: false })],
    ["a category as text", denied({ Advertising: "false" })],
    ["another name of it", denied({ marketing: false })],
    ["the destination", { integrations: { "Facebook Conversions API": false } }],
    ["all destinations", { integrations: { All: false } }],
  ])("(%s) is not forwarded, alone or in a batch, and its neighbours are", async (_, changes) => {
    const [alone, batched, neighbour] = [randomUUID(), randomUUID(), randomUUID()];
    await post("/v1/track", call(alone, changes));
    await post("/v1/batch", { batch: [call(batched, changes), call(neighbour, {})] });
    await atMeta(neighbour);
    // Events are sent in the order in which they were accepted.
    const sent = meta.received.flatMap(({ body }) => body.data.map(({ event_id }) => event_id));
    expect(sent).not.toContain(alone);
    expect(sent).not.toContain(batched);
  });
});
