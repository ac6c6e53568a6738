// Tests Segment's Tracking API: its own library for Node with another host, and HTTP as documented.

import { Analytics } from "@segment/analytics-node";
import { createHash, createHmac, randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Edge, ORIGIN } from "../support/edge.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startBridge, startEdge } from "../support/started.ts";

const WRITE_KEY = "segment-write-key-0123456789abcdef";
const WEBHOOK_SECRET = "shared-secret-0123456789abcdef-01";
const PAGE_KEY = "key-of-a-page";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

let sandbox: Sandbox;
let edge: Edge;

beforeAll(async () => {
  ({ sandbox, edge } = await startBridge(
    { segment: { pages: [{ writeKey: PAGE_KEY }] }, rateLimit: { perSecond: 1000, burst: 1000 } },
    { secrets: { SEGMENT_WRITE_KEY: WRITE_KEY, SEGMENT_WEBHOOK_SECRET: WEBHOOK_SECRET } },
  ));
});

interface Answer {
  success: boolean;
  code?: string;
  message?: string;
  problems?: { code: string; path: string; message: string; event_kept: boolean }[];
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${edge.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

/** Returns an order as the shop's server in docs/segment-recipe.md sends it. */
function order(changes: object = {}) {
  return {
    type: "track",
    event: "Order Completed",
    messageId: randomUUID(),
    userId: "user_42",
    timestamp: new Date().toISOString(),
    context: {
      ip: "8.8.4.4",
      userAgent: "Mozilla/5.0",
      page: { url: "https://shop.example/thanks", referrer: "https://shop.example/cart" },
    },
    properties: {
      action_source: "website",
      fbc: `fb.1.${Date.now() - 1000}.IwAR2AbC_dEf-123`,
      fbp: `fb.1.${Date.now() - 1000}.1073741823`,
      order_id: "1001",
      revenue: 123.45,
      currency: "EUR",
      products: [{ product_id: "SKU-1", name: "Shoe", price: 50, quantity: 2 }],
    },
    ...changes,
  };
}

const keyed = (changes: object = {}) => ({ ...order(changes), writeKey: WRITE_KEY });

describe("Segment's library for Node", () => {
  const analytics = () => new Analytics({ writeKey: WRITE_KEY, host: edge.url, maxRetries: 0 });

  test("sends an order that arrives with everything the recipe puts in", async () => {
    const segment = analytics();
    const errors: unknown[] = [];
    segment.on("error", (error) => errors.push(error));
    const { messageId, timestamp, context, properties } = order();
    segment.track({ userId: "user_42", event: "Order Completed", messageId, timestamp, context, properties });
    await segment.closeAndFlush();
    expect(errors).toEqual([]);
    const { event_name, server } = await sandbox.arrived(messageId);
    expect(event_name).toBe("Purchase");
    expect(server).toMatchObject({
      action_source: "website",
      client_ip_address: "8.8.4.4",
      client_user_agent: "Mozilla/5.0",
      url: "https://shop.example/thanks",
      fbp: properties.fbp,
      fbc: properties.fbc,
      user_data: { external_id: [sha256("user_42")] },
      custom_data: { value: 123.45, currency: "EUR", order_id: "1001", num_items: 2, content_ids: ["SKU-1"] },
    });
  });

  test("sends the whole funnel, and each event is the one that Meta knows", async () => {
    const segment = analytics();
    const sent: [string, string][] = [
      ["Product Viewed", "ViewContent"],
      ["Product Added", "AddToCart"],
      ["Checkout Started", "InitiateCheckout"],
    ];
    const ids = sent.map(([event]) => {
      const { messageId, context } = order();
      const properties = { product_id: "SKU-1", price: 50, revenue: 50, currency: "EUR" };
      segment.track({ anonymousId: "anon-1", event, messageId, context, properties });
      return messageId;
    });
    const page = randomUUID();
    segment.page({ anonymousId: "anon-1", messageId: page, context: order().context });
    await segment.closeAndFlush();
    for (const [index, id] of ids.entries()) {
      expect((await sandbox.arrived(id)).event_name).toBe(sent[index]?.[1]);
    }
    expect((await sandbox.arrived(page)).event_name).toBe("PageView");
  });

  test("hears of a call that cannot be kept", async () => {
    const segment = analytics();
    const errors: { code: string }[] = [];
    segment.on("error", (error) => errors.push(error));
    const { context } = order();
    segment.track({ userId: "user_42", event: "Order Completed", context, properties: {} });
    await segment.closeAndFlush();
    expect(errors.map((error) => error.code)).toEqual(["delivery_failure"]);
  });
});

describe("traits of identify", () => {
  test("reach later events of the same user, and of the anonymous one before", async () => {
    const [userId, anonymousId] = [randomUUID(), randomUUID()];
    const segment = new Analytics({ writeKey: WRITE_KEY, host: edge.url, maxRetries: 0 });
    const traits = { email: "Jane@Example.com", firstName: "Jane", address: { city: "Berlin" } };
    segment.identify({ userId, anonymousId, traits });
    await segment.flush();
    const ofUser = order();
    segment.track({ ...ofUser, userId, anonymousId: undefined } as never);
    const ofAnonymous = order();
    segment.track({ ...ofAnonymous, userId: undefined, anonymousId } as never);
    await segment.closeAndFlush();
    for (const { messageId } of [ofUser, ofAnonymous]) {
      const { server } = await sandbox.arrived(messageId);
      expect(server?.user_data).toMatchObject({
        em: [sha256("jane@example.com")],
        fn: [sha256("jane")],
        ct: [sha256("berlin")],
      });
    }
  });

  test("are those of the alias too; what the event says itself counts more", async () => {
    const [before, after] = [randomUUID(), randomUUID()];
    const writeKey = WRITE_KEY;
    const traits = { email: "jane@example.com", phone: "16505551212" };
    expect((await post("/v1/identify", { writeKey, userId: before, traits })).status).toBe(200);
    expect((await post("/v1/alias", { writeKey, previousId: before, userId: after })).status).toBe(200);
    const own = keyed({ userId: after });
    Object.assign(own.context, { traits: { email: "doe@example.com" } });
    expect((await post("/v1/track", own)).body).toEqual({ success: true });
    const { server } = await sandbox.arrived(own.messageId);
    expect(server?.user_data).toMatchObject({ em: [sha256("doe@example.com")], ph: [sha256("16505551212")] });
  });

  test("are of nobody else", async () => {
    const own = keyed({ userId: randomUUID() });
    await post("/v1/track", own);
    const { server } = await sandbox.arrived(own.messageId);
    expect(server?.user_data).not.toHaveProperty("em");
  });

  test("are remembered of no more people than configured, the newest", async () => {
    const small = await startEdge(
      sandbox.url,
      { segment: { traitsMost: 2 } },
      { secrets: { SEGMENT_WRITE_KEY: WRITE_KEY } },
    );
    const send = (call: string, body: object) =>
      fetch(`${small.url}/v1/${call}`, {
        method: "POST",
        body: JSON.stringify({ ...body, writeKey: WRITE_KEY }),
      });
    const users = Array.from({ length: 5 }, () => randomUUID());
    for (const userId of users) await send("identify", { userId, traits: { email: "jane@example.com" } });
    const [first, last] = [order({ userId: users[0] }), order({ userId: users[4] })];
    for (const event of [first, last]) await send("track", event);
    expect((await sandbox.arrived(first.messageId)).server?.user_data).not.toHaveProperty("em");
    expect((await sandbox.arrived(last.messageId)).server?.user_data).toHaveProperty("em");
    await small.stop();
  });

  test("are on disk hashed, under digests of the ids", async () => {
    const userId = "someone-8261@mail.example";
    const traits = { email: "secret-3817@mail.example", phone: "+1 650 555 8261" };
    await post("/v1/identify", { writeKey: WRITE_KEY, userId, traits });
    const files = readdirSync(join(edge.state, "durable-objects"), { recursive: true, withFileTypes: true });
    const bytes = files
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name)).toString("latin1"))
      .join("");
    expect(bytes).toContain(sha256("secret-3817@mail.example"));
    for (const raw of ["someone-8261", "secret-3817", "5558261", "555 8261"])
      expect(bytes).not.toContain(raw);
  });
});

describe("HTTP", () => {
  test("takes the key in the body or as Basic, at Segment's paths and below the base", async () => {
    const basic = { authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}` };
    for (const path of ["/v1/track", "/v1/t", "/bridge/v1/track"]) {
      expect(await post(path, order(), basic)).toMatchObject({ status: 200, body: { success: true } });
      expect(await post(path, keyed())).toMatchObject({ status: 200, body: { success: true } });
      expect((await post(path, order())).status).toBe(401);
    }
    const wrong = await post("/v1/track", { ...order(), writeKey: "wrong" });
    expect(wrong.body).toMatchObject({ success: false, code: "invalid_write_key" });
    expect(JSON.stringify(wrong.body)).not.toContain(WRITE_KEY);
  });

  test("keeps the good calls of a batch and says which was bad", async () => {
    const good = order();
    const bad = order({ properties: { currency: "EUR" } });
    const answer = await post("/v1/batch", { writeKey: WRITE_KEY, batch: [bad, good, { type: "nothing" }] });
    expect(answer).toMatchObject({ status: 200, body: { success: true } });
    expect(answer.body.problems?.map(({ path }) => path)).toEqual([
      "batch[0].properties.revenue",
      "batch[2].type",
    ]);
    await sandbox.arrived(good.messageId);
  });

  test.each([
    ["no JSON", "{", 400, "invalid_request"],
    ["a list", "[]", 400, "invalid_request"],
    ["nothing", "", 400, "invalid_request"],
    ["more than 32 KB", { ...keyed(), note: "x".repeat(33_000) }, 400, "body_too_large"],
    ["nobody", keyed({ userId: undefined }), 400, "no_user_anon_id"],
    ["an event without a name", keyed({ event: "" }), 400, "missing_event"],
  ])("with %s is refused in Segment's shape", async (_, body, status, code) => {
    const answer = await post("/v1/track", body);
    expect(answer).toMatchObject({ status, body: { success: false, code } });
    expect(answer.body.message).toContain("expected");
  });

  test("more than 500 KB in a batch is refused, and not kept in part", async () => {
    const batch = Array.from({ length: 17 }, () => order({ note: "x".repeat(31_000) }));
    const answer = await post("/v1/batch", { writeKey: WRITE_KEY, batch });
    expect(answer).toMatchObject({ status: 400, body: { success: false, code: "body_too_large" } });
  });

  test("the same messageId twice goes out once", async () => {
    const twice = keyed();
    await post("/v1/track", twice);
    expect((await post("/v1/track", twice)).body).toEqual({ success: true });
    const { server } = await sandbox.arrived(twice.messageId);
    const later = keyed();
    await post("/v1/track", later);
    await sandbox.arrived(later.messageId);
    expect(server?.copies).toBe(1);
    expect((await sandbox.arrived(twice.messageId)).server?.copies).toBe(1);
  });

  test("too many guesses of a key are told when to come again", async () => {
    const strict = await startEdge(
      sandbox.url,
      { rateLimit: { perSecond: 1, burst: 3 } },
      { secrets: { SEGMENT_WRITE_KEY: WRITE_KEY } },
    );
    const guess = () =>
      fetch(`${strict.url}/v1/track`, {
        method: "POST",
        headers: { "cf-connecting-ip": "9.9.9.9" },
        body: JSON.stringify({ ...order(), writeKey: "guess" }),
      });
    expect((await guess()).status).toBe(401);
    const answer = await guess();
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ success: false, code: "too_many_requests" });
    await strict.stop();
  });

  test("without a key of Segment's its paths are not the bridge's", async () => {
    const plain = await startEdge(sandbox.url);
    expect((await fetch(`${plain.url}/v1/track`, { method: "POST", body: "{}" })).status).toBe(404);
    await plain.stop();
  });
});

describe("a page with its public write key", () => {
  const ofPage = () => ({ ...order(), writeKey: PAGE_KEY });

  test("is let in from an allowed origin, also by its preflight, and may read the answer", async () => {
    const preflight = await fetch(`${edge.url}/v1/t`, {
      method: "OPTIONS",
      headers: { origin: ORIGIN, "access-control-request-headers": "authorization,content-type" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
    const page = ofPage();
    const answer = await post("/v1/t", page, { origin: ORIGIN, "user-agent": "Test/1.0" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    const { server } = await sandbox.arrived(page.messageId);
    expect(server).toMatchObject({ client_user_agent: "Test/1.0" });
    expect(server?.client_ip_address).not.toBe("8.8.4.4");
  });

  test("is refused from elsewhere, and where the browser asks for privacy", async () => {
    expect((await post("/v1/t", ofPage(), { origin: "https://evil.example" })).status).toBe(403);
    expect((await post("/v1/t", ofPage())).status).toBe(403);
    const answer = await post("/v1/t", ofPage(), { origin: ORIGIN, "sec-gpc": "1" });
    expect(answer).toMatchObject({ status: 403, body: { success: false, code: "global_privacy_control" } });
  });
});

describe("the webhook", () => {
  const sign = (body: string) => createHmac("sha1", WEBHOOK_SECRET).update(body).digest("hex");

  test("is believed by its signature", async () => {
    const event = order();
    const body = JSON.stringify(event);
    expect(await post("/bridge/segment/webhook", body, { "x-signature": sign(body) })).toMatchObject({
      status: 200,
      body: { success: true },
    });
    expect((await sandbox.arrived(event.messageId)).event_name).toBe("Purchase");
  });

  test("without one, or with that of another body, is not", async () => {
    const body = JSON.stringify(order());
    for (const headers of [{}, { "x-signature": sign(`${body} `) }]) {
      const answer = await post("/bridge/segment/webhook", body, headers);
      expect(answer).toMatchObject({ status: 401, body: { success: false, code: "wrong_signature" } });
    }
  });
});

describe("a table by its name", () => {
  test("turns an element of dataLayer, sent by a page, into an event", async () => {
    const event_id = randomUUID();
    const push = {
      event: "purchase",
      event_id,
      page_location: "https://shop.example/thanks",
      ecommerce: {
        transaction_id: "T_1",
        value: 30,
        currency: "EUR",
        items: [{ item_id: "SKU-1", quantity: 2 }],
      },
    };
    const cookie = "_fbp=fb.1.1596403881668.1116446470";
    const answer = await edge.post({ source: "ga4", data: [push, { event: "gtm.js" }] }, { cookie });
    expect(answer).toMatchObject({ status: 202, body: { events_received: 1, problems: [] } });
    const { event_name, server } = await sandbox.arrived(event_id);
    expect(event_name).toBe("Purchase");
    expect(server?.custom_data).toMatchObject({ value: 30, order_id: "T_1", num_items: 2 });
  });

  test("that is unknown is named", async () => {
    const answer = await edge.post({ source: "matomo", data: [{}] });
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ path: "source" }] } });
  });
});
