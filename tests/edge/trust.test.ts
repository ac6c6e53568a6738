// Tests that a page's copy of an event never stops, changes or delays a server's copy (findings A1 and A14;
// design, "Trust").

import { createHash, createHmac, randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DATASET, type Edge, KEY, ORIGIN } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { startMeta } from "../support/meta.ts";
import { startEdge } from "../support/started.ts";

const WRITE_KEY = "write-key-0123456789abcdef0123456789";
const PAGE_KEY = "key-of-a-page-0123456789abcdef01234";
const WEBHOOK_SECRET = "shared-secret-0123456789abcdef-01";
const EMAIL = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d";
const json = { "content-type": "application/json" };

/** Returns the event id that a back end derives from an order by the rule of docs/identifiers.md. */
const derived = (order: string) =>
  createHash("sha256").update(`Purchase:${order}`).digest("hex").slice(0, 32);

type Sent = {
  event_name: string;
  event_id: string;
  event_source_url?: string;
  opt_out?: boolean;
  data_processing_options?: string[];
  user_data: Record<string, unknown>;
  custom_data: Record<string, unknown>;
};

let meta: Awaited<ReturnType<typeof startMeta>>;
let edge: Edge | undefined;

beforeEach(async () => {
  meta = await startMeta();
});
afterEach(async () => {
  await edge?.stop();
  edge = undefined;
  await meta.stop();
});

async function start(changes: object = {}, state?: string): Promise<Edge> {
  const settings = {
    segment: { pages: [{ writeKey: PAGE_KEY }], eventId: "orderId" },
    rateLimit: { perSecond: 1000, burst: 1000 },
    retryAtMostSeconds: 1,
    ...changes,
  };
  const secrets = { SEGMENT_WRITE_KEY: WRITE_KEY, SEGMENT_WEBHOOK_SECRET: WEBHOOK_SECRET };
  edge = await startEdge(meta.url, settings, { secrets, ...(state !== undefined && { state }) });
  return edge;
}

const sent = () => meta.received.flatMap(({ body }) => body.data as unknown as Sent[]);
const sentAs = (id: string) => sent().filter(({ event_id }) => event_id === id);
/** Waits until Meta has an event of this id for which `holds` is true, and returns it. */
const atMeta = (id: string, holds: (event: Sent) => boolean) =>
  eventually(`${id} at Meta`, () => Promise.resolve(sentAs(id).find(holds)));
const isTheServers = ({ custom_data }: Sent) => custom_data["value"] === 499;
const pause = (millis: number) => new Promise((done) => setTimeout(done, millis));

async function post(path: string, body: unknown, headers: Record<string, string>) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await fetch(`${edge?.url}${path}`, { method: "POST", headers, body: text });
  expect(answer.status, (await answer.text()).slice(0, 500)).toBeLessThan(300);
}

/** Returns a page's copy of an order. An attacker forged its values, unless `changes` replaces them. */
function pages(id: string, order: string, changes: object = {}) {
  return {
    event_name: "Purchase",
    event_time: Math.floor(Date.now() / 1000),
    event_id: id,
    event_source_url: "https://shop.example/forged",
    user_data: {
      fbp: "fb.1.1596403881668.666",
      fbc: `fb.1.${Date.now() - 1000}.forged`,
      ph: "+1 650 555 8261",
    },
    custom_data: { value: 0.01, currency: "USD", order_id: order, content_ids: ["forged"] },
    ...changes,
  };
}

const fromPage = (events: object[], address = "9.9.9.9") =>
  post(
    "/bridge/events",
    { data: events },
    {
      origin: ORIGIN,
      "content-type": "text/plain",
      "user-agent": "Forged/1.0",
      "cf-connecting-ip": address,
      referer: "https://shop.example/forged",
    },
  );

/** Returns an order as the back end knows it. */
function order(id: string, number: string, user_data: Record<string, unknown> = {}) {
  return {
    event_name: "Purchase",
    event_time: Math.floor(Date.now() / 1000),
    event_id: id,
    action_source: "website",
    event_source_url: "https://shop.example/thanks",
    user_data: { em: "jane@example.com", client_user_agent: "Mozilla/5.0", ...user_data },
    custom_data: { value: 499, currency: "EUR", order_id: number },
  };
}

const bearer = { ...json, authorization: `Bearer ${KEY}` };
const segmentOrder = (number: string) => ({
  type: "track",
  event: "Order Completed",
  messageId: randomUUID(),
  anonymousId: "visitor-1",
  context: {
    userAgent: "Mozilla/5.0",
    page: { url: "https://shop.example/thanks" },
    traits: { email: "jane@example.com" },
  },
  properties: { action_source: "website", order_id: number, revenue: 499, currency: "EUR" },
});
const segmentPages = (number: string) => ({
  ...segmentOrder(number),
  writeKey: PAGE_KEY,
  properties: { order_id: number, revenue: 0.01, currency: "USD" },
});

/** The ways in which a server can send an order to the worker. */
const SERVERS: [string, (number: string) => Promise<void>][] = [
  ["events", (number) => post("/bridge/events", { data: [order(derived(number), number)] }, bearer)],
  ["Graph", (number) => post(`/v26.0/${DATASET}/events`, { data: [order(derived(number), number)] }, bearer)],
  [
    "Graph with the key in the body",
    (number) =>
      post(`/v26.0/${DATASET}/events`, { access_token: KEY, data: [order(derived(number), number)] }, json),
  ],
  ["Segment", (number) => post("/v1/track", { ...segmentOrder(number), writeKey: WRITE_KEY }, json)],
  [
    "a batch of Segment",
    (number) => post("/v1/batch", { batch: [segmentOrder(number)], writeKey: WRITE_KEY }, json),
  ],
  [
    "Segment's webhook",
    (number) => {
      const body = JSON.stringify(segmentOrder(number));
      const signature = createHmac("sha1", WEBHOOK_SECRET).update(body).digest("hex");
      return post("/bridge/segment/webhook", body, { ...json, "x-signature": signature });
    },
  ],
];

describe("a thousand future orders, claimed by a page in one request,", () => {
  const numbers = Array.from({ length: 1000 }, (_, index) => String(1001 + index));
  // Short, as an attacker writes them: all of them fit into one request.
  const claim = () =>
    fromPage(
      numbers.map((number) => ({
        event_name: "Purchase",
        event_id: derived(number),
        custom_data: { value: 0.01, currency: "EUR" },
      })),
    );

  test.each(SERVERS)("keep no order of the back end from Meta (%s), sent or held", async (_, ofServer) => {
    await start();
    await claim();
    await eventually("claims at Meta", () => Promise.resolve(sent().length > 0 || undefined));
    await ofServer("1001");
    expect((await atMeta(derived("1001"), isTheServers)).user_data["em"]).toEqual([EMAIL]);

    await edge?.stop();
    meta.received.length = 0;
    await start({ holdSeconds: 2 });
    await claim();
    await ofServer("1002");
    const held = await atMeta(derived("1002"), isTheServers);
    expect(held.user_data["em"]).toEqual([EMAIL]);
    expect(JSON.stringify(held)).not.toMatch(/9\.9\.9\.9|Forged|0\.01/);
    // Two copies that wait are merged into one event.
    expect(sentAs(derived("1002"))).toHaveLength(1);
  });

  test("keep nothing from Meta when half of them are sent and half are held", async () => {
    await start({ holdSeconds: 2 });
    const half = (from: number) =>
      Array.from({ length: 5 }, (_, index) => String(from + index)).map((number) =>
        pages(derived(number), number, { user_data: {} }),
      );
    await fromPage(half(1001));
    await atMeta(derived("1001"), () => true);
    await fromPage(half(1006));
    const all = Array.from({ length: 10 }, (_, index) => String(1001 + index));
    const orders = all.map((number) => order(derived(number), number));
    await post("/bridge/events", { data: orders }, bearer);
    for (const number of all) await atMeta(derived(number), isTheServers);
    // Orders that were sent already go out again, with the server's values. Orders on hold go out once.
    const times = all.map((number) => sentAs(derived(number)).length);
    expect(times).toEqual([2, 2, 2, 2, 2, 1, 1, 1, 1, 1]);
  });

  test("keep nothing from Meta after a restart in between", async () => {
    const first = await start({ holdSeconds: 3 });
    await claim();
    await first.stop("SIGKILL");
    await start({ holdSeconds: 3 }, first.state);
    await SERVERS[0]?.[1]("1001");
    await atMeta(derived("1001"), isTheServers);
  });
});

describe("a page's claim by Segment's public write key", () => {
  test.each(SERVERS)("keeps no order of the back end from Meta (%s)", async (_, ofServer) => {
    await start({ holdSeconds: 1 });
    const headers = { ...json, origin: ORIGIN, "user-agent": "Forged/1.0" };
    await post("/v1/track", segmentPages("1001"), headers);
    await ofServer("1001");
    const event = await atMeta(derived("1001"), isTheServers);
    expect(event.custom_data["currency"]).toBe("EUR");
    expect(JSON.stringify(event)).not.toContain("Forged");
  });
});

/** Other ways in which a page can claim an order. */
const PAGES: [string, (number: string) => Promise<void>][] = [
  [
    "a batch of Segment",
    (number) =>
      post(
        "/v1/batch",
        { writeKey: PAGE_KEY, batch: [segmentPages(number)] },
        { ...json, origin: ORIGIN, "user-agent": "Forged/1.0" },
      ),
  ],
  [
    "a beacon of Segment's page source",
    (number) =>
      post("/v1/t", segmentPages(number), {
        origin: ORIGIN,
        "content-type": "text/plain",
        "user-agent": "Forged/1.0",
      }),
  ],
  [
    "an element of dataLayer",
    (number) => {
      const ecommerce = { transaction_id: number, value: 0.01, currency: "USD", items: [{ item_id: "x" }] };
      const page_location = "https://shop.example/forged";
      const push = { event: "purchase", event_id: derived(number), page_location, ecommerce };
      return post(
        "/bridge/events",
        { source: "ga4", data: [push] },
        {
          origin: ORIGIN,
          "content-type": "text/plain",
          "user-agent": "Forged/1.0",
          "cf-connecting-ip": "9.9.9.9",
        },
      );
    },
  ],
  [
    "a post that names the dataset",
    (number) =>
      post(
        "/bridge/events",
        { dataset_id: DATASET, data: [pages(derived(number), number)] },
        { origin: ORIGIN, "content-type": "text/plain", "user-agent": "Forged/1.0" },
      ),
  ],
];

describe("a page's claim by way of", () => {
  test.each(PAGES)("%s keeps no order of the back end from Meta, sent or held", async (_, claim) => {
    await start();
    await claim("1001");
    await eventually("the claim at Meta", () => Promise.resolve(sent().length > 0 || undefined));
    await SERVERS[0]?.[1]("1001");
    expect((await atMeta(derived("1001"), isTheServers)).user_data["em"]).toEqual([EMAIL]);

    await edge?.stop();
    meta.received.length = 0;
    await start({ holdSeconds: 1 });
    await claim("1002");
    await SERVERS[0]?.[1]("1002");
    const held = await atMeta(derived("1002"), isTheServers);
    expect(JSON.stringify(held)).not.toMatch(/Forged|0\.01|USD/);
  });
});

describe("a page's copy without proof", () => {
  const NUMBER = "2001";
  test.each([
    ["an order number as id", NUMBER],
    ["an unkeyed hash as id", derived(NUMBER)],
    ["the hash of the order number as id", createHash("md5").update(NUMBER).digest("hex")],
  ])("adds nothing to a server's event (%s), whichever comes first", async (_, id) => {
    await start({ holdSeconds: 2 });
    const forged = pages(id, NUMBER, {
      opt_out: true,
      data_processing_options: ["LDU"],
      data_processing_options_country: 0,
      data_processing_options_state: 0,
    });
    // An equal user agent proves nothing, because a few popular ones fit most visitors.
    const server = order(id, NUMBER, { client_user_agent: "Forged/1.0", fbp: "fb.1.1596403881668.1" });
    await post("/bridge/events", { data: [server] }, bearer);
    await fromPage([forged]);
    const late = { ...server, event_id: `${id}-2`, event_name: "Purchase" };
    await fromPage([{ ...forged, event_id: `${id}-2` }]);
    await post("/bridge/events", { data: [late] }, bearer);
    for (const wanted of [id, `${id}-2`]) {
      const event = await atMeta(wanted, isTheServers);
      expect(event.opt_out).toBeUndefined();
      expect(event.data_processing_options ?? []).toEqual([]);
      expect(event.user_data).toEqual({
        em: [EMAIL],
        fbp: "fb.1.1596403881668.1",
        client_user_agent: "Forged/1.0",
      });
      expect(event.custom_data).toEqual({ value: 499, currency: "EUR", order_id: NUMBER });
      expect(event.event_source_url).toBe("https://shop.example/thanks");
      expect(sentAs(wanted)).toHaveLength(1);
    }
  });

  test("is dropped after the server's copy was sent", async () => {
    await start();
    await post("/bridge/events", { data: [order("order-1", "1")] }, bearer);
    await atMeta("order-1", isTheServers);
    await fromPage([pages("order-1", "1"), pages("order-2", "2")]);
    await atMeta("order-2", () => true);
    expect(sentAs("order-1")).toHaveLength(1);
  });
});

describe("a page's copy with proof", () => {
  const FBP = "fb.1.1596403881668.1116446470";
  const fbc = `fb.1.${Date.now() - 1000}.IwAR2AbC`;
  const facts = { fbp: FBP, fbc, ph: "+1 650 555 8261" };
  const visit = (id: string, user_data: object) =>
    pages(id, "x", { user_data, event_source_url: "https://shop.example/visit" });

  test.each([
    ["the same browser id", () => "order-3001", { fbp: FBP }, facts],
    ["an id that cannot be guessed", () => randomUUID(), {}, facts],
    ["the same address", () => "order-3003", { client_ip_address: "8.8.4.4" }, facts],
  ])("adds what the server did not set (%s), whichever comes first", async (_, made, known, said) => {
    await start({ holdSeconds: 2 });
    const ids = [made(), `${made().slice(0, -1)}0`] as const;
    const servers = ids.map((id) => order(id, "3001", known));
    await fromPage([visit(ids[0], said)], "8.8.4.4");
    await post("/bridge/events", { data: servers }, bearer);
    await fromPage([visit(ids[1], said)], "8.8.4.4");
    for (const id of ids) {
      const event = await atMeta(id, isTheServers);
      expect(event.user_data).toMatchObject({ em: [EMAIL], fbp: FBP, fbc, client_ip_address: "8.8.4.4" });
      expect(event.user_data).not.toHaveProperty("ph");
      expect(event.custom_data).toEqual({
        value: 499,
        currency: "EUR",
        order_id: "3001",
        content_ids: ["forged"],
      });
      expect(event.event_source_url).toBe("https://shop.example/thanks");
      expect(sentAs(id)).toHaveLength(1);
    }
  });

  test("brings its limits on the use of the data along", async () => {
    await start({ holdSeconds: 1 });
    const limits = {
      data_processing_options: ["LDU"],
      data_processing_options_country: 0,
      data_processing_options_state: 0,
    };
    await fromPage([{ ...visit("order-3004", facts), ...limits, opt_out: true }]);
    await post("/bridge/events", { data: [order("order-3004", "3004", { fbp: FBP })] }, bearer);
    expect(await atMeta("order-3004", isTheServers)).toMatchObject({ ...limits, opt_out: true });
  });
});

describe("a page's copy does not delay a server's copy", () => {
  test("by an event time that is almost too old", async () => {
    await start({ holdSeconds: 3 });
    const event_time = Math.floor(Date.now() / 1000) - 7 * 86_400 + 61;
    // The page's copy may be refused or may wait. The server's copy goes out in both cases.
    await edge?.post({ data: [pages("order-4001", "4001", { event_time })] });
    await post("/bridge/events", { data: [order("order-4001", "4001")] }, bearer);
    await atMeta("order-4001", isTheServers);
  });

  test("by having failed: the server's copy waits for no retry of the page's", async () => {
    // Meta fails on every request with the page's value.
    meta.behave((request, response) => {
      if (!JSON.stringify(request.body).includes("0.01")) return false;
      response.writeHead(500).end("{}");
      return true;
    });
    await start({ retryAtMostSeconds: 300 });
    await fromPage([pages("order-4002", "4002")]);
    await eventually("a failure", () => Promise.resolve(meta.received.length > 1 || undefined));
    meta.behave(() => false);
    await post("/bridge/events", { data: [order("order-4002", "4002")] }, bearer);
    await atMeta("order-4002", isTheServers);
  });

  test("by being in quarantine", async () => {
    meta.behave((request, response) => {
      if (!JSON.stringify(request.body).includes("0.01")) return false;
      response.writeHead(400, json);
      const error = {
        code: 100,
        error_subcode: 2804010,
        message: "m",
        type: "OAuthException",
        fbtrace_id: "T",
      };
      response.end(JSON.stringify({ error }));
      return true;
    });
    await start();
    await fromPage([pages("order-4003", "4003")]);
    const status = () => edge?.status();
    await eventually(
      "the quarantine",
      async () => (await status())?.datasets[0]?.quarantined === 1 || undefined,
    );
    await post("/bridge/events", { data: [order("order-4003", "4003")] }, bearer);
    await atMeta("order-4003", isTheServers);
    await fromPage([pages("order-4003", "4003")]);
    expect((await status())?.datasets[0]?.quarantined).toBe(1);
  });
});

describe("two copies of the same trust go to Meta once", () => {
  test("of servers, also by different paths, and of pages", async () => {
    await start();
    for (const [, ofServer] of SERVERS) await ofServer("5001");
    for (let copy = 0; copy < 3; copy++) await fromPage([pages("order-5002", "5002")]);
    await atMeta(derived("5001"), isTheServers);
    await atMeta("order-5002", () => true);
    await fromPage([pages("order-5003", "5003")]);
    await atMeta("order-5003", () => true);
    await pause(500);
    expect([sentAs(derived("5001")).length, sentAs("order-5002").length]).toEqual([1, 1]);
  });

  test("of pages of two visitors, neither of whom adds to the other's", async () => {
    await start({ holdSeconds: 2 });
    const first = { user_data: { fbp: "fb.1.1596403881668.1" }, custom_data: { value: 5, currency: "EUR" } };
    await fromPage([pages("order-5004", "5004", first)], "8.8.4.4");
    await fromPage([pages("order-5004", "5004", { opt_out: true })]);
    const event = await atMeta("order-5004", () => true);
    expect(event).toMatchObject(first);
    expect(event.opt_out).toBeUndefined();
    for (const forged of ["ph", "fbc"]) expect(event.user_data).not.toHaveProperty(forged);
    expect(event.custom_data).not.toHaveProperty("content_ids");
  });
});
