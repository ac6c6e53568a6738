// Tests a trap in the worker's module: only the request or the event that caused it fails.

import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DATASET, type Edge, KEY, pageEvent, serverEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { startMeta } from "../support/meta.ts";
import { startEdge } from "../support/started.ts";
import { trappingWorker } from "../support/trapping.ts";

const WRITE_KEY = "write-key-0123456789abcdef0123456789";

let folder = "";
let meta: Awaited<ReturnType<typeof startMeta>>;
let edge: Edge;

beforeAll(async () => {
  folder = await trappingWorker();
});
beforeEach(async () => {
  meta = await startMeta();
  const secrets = { SEGMENT_WRITE_KEY: WRITE_KEY };
  edge = await startEdge(meta.url, { retryAtMostSeconds: 1 }, { secrets, service: { folder } });
});
afterEach(async () => {
  await edge.stop();
  await meta.stop();
});

const arrived = () => meta.received.flatMap(({ body }) => body.data.map(({ event_id }) => event_id));
const dataset = async () => (await edge.status()).datasets.find(({ dataset_id }) => dataset_id === DATASET);
const traps = () => edge.lines.filter((line) => line.includes('"what":"trap"')).length;

async function post(path: string, body: unknown, headers: Record<string, string>) {
  const response = await fetch(`${edge.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, retryAfter: response.headers.get("retry-after"), text };
}

const json = { "content-type": "application/json" };
const bearer = { ...json, authorization: `Bearer ${KEY}` };
const basic = { ...json, authorization: `Basic ${btoa(`${WRITE_KEY}:`)}` };
const order = (messageId: string) => ({
  type: "track",
  event: "Order Completed",
  messageId,
  userId: "user_42",
  context: { page: { url: "https://shop.example/" }, userAgent: "Mozilla/5.0" },
  properties: { revenue: 1, currency: "EUR" },
});

describe("a trap while a request is taken", () => {
  const events = (id: string) => ({ data: [serverEvent({ event_id: id })] });
  test.each([
    ["admit traps", "/bridge/events", bearer, events, "problems"],
    ["take traps", "/bridge/events", bearer, events, "problems"],
    ["take traps", `/v26.0/${DATASET}/events`, bearer, events, "is_transient"],
    ["take throws", `/v26.0/${DATASET}/events`, bearer, events, "is_transient"],
    ["hold traps", `/v26.0/${DATASET}/events`, bearer, events, "is_transient"],
    ["take traps", "/v1/track", basic, order, "success"],
  ])(
    "(%s) is answered with 503 in its sender's shape, and the others are served",
    async (name, path, headers, body, shape) => {
      const others = Array.from({ length: 12 }, () => pageEvent());
      const halves = [others.slice(0, 6), others.slice(6)] as const;
      const [before, trapped, after] = await Promise.all([
        Promise.all(halves[0].map((event) => edge.post({ data: [event] }))),
        post(path, body("trapped-id"), { ...headers, "x-trap": name }),
        Promise.all(halves[1].map((event) => edge.post({ data: [event] }))),
      ]);
      expect([...before, ...after].map(({ status }) => status)).toEqual(others.map(() => 202));
      expect(trapped).toMatchObject({ status: 503, text: expect.stringContaining(shape) });
      expect(traps()).toBe(1);
      expect(edge.lines.join("\n")).not.toContain("trapped-id");

      // The same again, without the trap: nothing of it was kept as seen before.
      expect((await post(path, body("trapped-id"), headers)).status).toBeLessThan(300);
      const ids = await eventually("all of them", () => {
        const ids = arrived();
        return Promise.resolve(ids.length >= others.length + 1 ? ids : undefined);
      });
      expect(ids.sort()).toEqual([...others.map(({ event_id }) => event_id), "trapped-id"].sort());
    },
  );

  test("in what an operator asks is a 503, and the next call is answered", async () => {
    const trapped = await fetch(`${edge.url}/bridge/status`, {
      headers: { ...bearer, "x-trap": "admitOperator traps" },
    });
    expect(trapped.status).toBe(503);
    expect(trapped.headers.get("retry-after")).toBe("60");
    expect((await edge.status()).status).toBe("ok");
  });
});

test("a trap on one event, when it is sent, sets that one apart; the others go", async () => {
  const events = Array.from({ length: 9 }, (_, index) =>
    serverEvent(index === 4 ? { event_id: "trap-delivery" } : {}),
  );
  expect((await edge.postAsServer({ data: events })).status).toBe(202);
  const status = await eventually("eight delivered and one apart", async () => {
    const status = await dataset();
    return status?.totals["delivered"] === 8 && status.quarantined === 1 ? status : undefined;
  });
  expect(status.quarantine).toMatchObject([
    { event_id: "trap-delivery", refusal: { message: expect.stringContaining("failed on this event") } },
  ]);
  expect(status.sending).toBe("fine");
  expect(arrived().sort()).toEqual(
    events
      .map(({ event_id }) => event_id)
      .filter((id) => id !== "trap-delivery")
      .sort(),
  );
});

test("a trap on an answer of Meta's counts as no answer: the events go out again", async () => {
  let asked = 0;
  meta.behave((_, response) => {
    asked += 1;
    if (asked > 1) return false;
    response.end("trap-outcome");
    return true;
  });
  const event = pageEvent();
  expect((await edge.post({ data: [event] })).status).toBe(202);
  await eventually("it delivered", async () =>
    (await dataset())?.totals["delivered"] === 1 ? true : undefined,
  );
  expect(arrived()).toEqual([event.event_id, event.event_id]);
});

test("a trap on what is known of a person: the event is kept as it came, and its neighbours whole", async () => {
  const identify = { type: "identify", userId: "user_42", traits: { email: "jane@example.com" } };
  const batch = [identify, order("m-1"), order("trap-known"), order("m-3")];
  expect((await post("/v1/batch", { batch }, basic)).status).toBe(200);
  await eventually("three", () => Promise.resolve(arrived().length >= 3 ? true : undefined));
  const hashed = Object.fromEntries(
    meta.received.flatMap(({ body }) =>
      (body.data as { event_id: string; user_data?: { em?: string[] } }[]).map((event) => [
        event.event_id,
        event.user_data?.em?.length ?? 0,
      ]),
    ),
  );
  expect(hashed).toEqual({ "m-1": 1, "trap-known": 0, "m-3": 1 });
});

test("a trap on a second copy: the first goes out as it was, and its neighbours go", async () => {
  await edge.stop();
  edge = await startEdge(meta.url, { holdSeconds: 2 }, { service: { folder } });
  const [first, neighbour] = [serverEvent(), serverEvent()];
  const second = { ...first, event_source_url: "https://shop.example/trap-second" };
  expect((await edge.postAsServer({ data: [first] })).status).toBe(202);
  expect((await edge.postAsServer({ data: [second, neighbour] })).status).toBe(202);
  await eventually("both", () => Promise.resolve(arrived().length >= 2 ? true : undefined));
  expect(arrived().sort()).toEqual([first.event_id, neighbour.event_id].sort());
  expect((await dataset())?.totals).toMatchObject({ accepted: 2, repeated: 1 });
  expect(traps()).toBeGreaterThan(0);
});
