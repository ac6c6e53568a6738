// Tests an outbox over restarts and changes of the configuration: shards, traits by trust, datasets that are
// no longer configured, replay in slices, old events, people in Meta's errors (findings A9, A16, A18, A19).

import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DATASET, type Edge, KEY, ORIGIN, pageEvent, serverEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { graphError, receipt, startMeta } from "../support/meta.ts";
import { startEdge } from "../support/started.ts";

const WRITE_KEY = "write-key-0123456789abcdef0123456789";
const PAGE_KEY = "key-of-a-page-0123456789abcdef01234";

let meta: Awaited<ReturnType<typeof startMeta>>;
let edge: Edge;

beforeEach(async () => {
  meta = await startMeta();
});
afterEach(async () => {
  await edge.stop();
  await meta.stop();
});

async function start(changes: object = {}, state?: string) {
  const settings = { retryAtMostSeconds: 1, rateLimit: { perSecond: 10_000, burst: 10_000 }, ...changes };
  const own = { secrets: { SEGMENT_WRITE_KEY: WRITE_KEY }, ...(state !== undefined && { state }) };
  edge = await startEdge(meta.url, settings, own);
  return edge;
}
async function again(changes: object = {}) {
  const { state } = edge;
  await edge.stop();
  const started = await start(changes, state);
  // The status request wakes the outbox, so that the test does not wait for the earlier alarm.
  await edge.status();
  return started;
}
const sent = () =>
  meta.received.flatMap(({ body }) => body.data as { event_id: string; user_data?: object }[]);
const until = (what: string, holds: () => boolean | Promise<boolean>, millis = 40_000) =>
  eventually(what, async () => ((await holds()) ? true : undefined), millis);
const bearer = { authorization: `Bearer ${KEY}` };

describe("several outboxes for a dataset", () => {
  const settings = (outboxes: number, holdSeconds = 2) => ({ outboxes, holdSeconds });

  test("send each event once, and find its copies, also after a restart and with one more", async () => {
    // The hold keeps requests from being on their way while a worker stops, because those could go out twice.
    await start(settings(4, 600));
    const events = Array.from({ length: 200 }, () => pageEvent());
    await edge.post({ data: events.slice(0, 100) });
    await edge.post({ data: events.slice(0, 100) });
    await again(settings(4, 600));
    await edge.post({ data: events.slice(50, 150) });
    await again(settings(5));
    await edge.post({ data: events });
    await edge.postAsServer({ data: [serverEvent({ event_id: "server-1" })] });
    await until("all of them", () => new Set(sent().map(({ event_id }) => event_id)).size === 201);
    await edge.post({ data: events });
    await new Promise((done) => setTimeout(done, 3_500));
    expect(sent()).toHaveLength(201);
    const { depth, totals } = (await edge.status()).datasets[0] ?? {};
    expect([depth, totals?.["delivered"]]).toEqual([0, 201]);
  });

  test("are one dataset in the status, and fewer of them lose nothing", async () => {
    await start({ outboxes: 4, holdSeconds: 600 });
    await edge.postAsServer({ data: Array.from({ length: 100 }, () => serverEvent()) });
    const status = await edge.status();
    expect(status.datasets.filter(({ dataset_id }) => dataset_id === DATASET)).toHaveLength(1);
    expect(status.datasets[0]).toMatchObject({ depth: 100, totals: { accepted: 100 } });
    await again({ outboxes: 1, holdSeconds: 0 });
    await until("all of them", () => sent().length === 100);
  });
});

describe("traits that a page says", () => {
  const segment = { pages: [{ writeKey: PAGE_KEY }], traitsMost: 10 };
  const call = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${edge.url}/v1/${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.status, await answer.text()).toBe(200);
  };
  const batch = (writeKey: string, prefix: string, userId: (index: number) => string) => ({
    writeKey,
    batch: Array.from({ length: 100 }, (_, index) => ({
      type: "identify",
      messageId: `${prefix}-${index}`,
      userId: userId(index),
      traits: { email: `${prefix}-${index}@flood.example` },
    })),
  });
  const order = (messageId: string) => ({
    writeKey: WRITE_KEY,
    event: "Order Completed",
    messageId,
    userId: "customer-1",
    context: { userAgent: "Mozilla/5.0", page: { url: "https://shop.example/thanks" } },
    properties: { order_id: messageId, revenue: 5, currency: "EUR" },
  });

  test("never push out those that a server said, however many they are", async () => {
    await start({ segment });
    await call("identify", {
      writeKey: WRITE_KEY,
      userId: "customer-1",
      traits: { email: "jane@example.com" },
    });
    for (let round = 0; round < 5; round++) {
      const flood = batch(PAGE_KEY, `flood-${round}`, (index) => `visitor-${round}-${index}`);
      await call("batch", flood, { origin: ORIGIN, "user-agent": "Test/1.0" });
    }
    // A page's traits of the same user do not replace those of the server.
    await call(
      "batch",
      batch(PAGE_KEY, "same", () => "customer-1"),
      { origin: ORIGIN, "user-agent": "Test/1.0" },
    );
    const id = randomUUID();
    await call("track", order(id));
    await until("the order", () => sent().some(({ event_id }) => event_id === id));
    const customer = sent().find(({ event_id }) => event_id === id)?.user_data;
    expect(customer).toMatchObject({
      em: ["8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"],
    });
  });
});

describe("a dataset that is no longer configured", () => {
  test("stays in the status while events of it wait, and they are not lost", async () => {
    await start({ holdSeconds: 600 });
    await edge.postAsServer({ dataset_id: "42", data: [serverEvent({ event_id: "of-42" })] });
    await again({ datasets: [DATASET], holdSeconds: 0 });
    await until("the dataset in the status", async () =>
      (await edge.status()).datasets.some(({ dataset_id }) => dataset_id === "42"),
    );
    // Once it is configured again, the dataset sends its stored events, unless they went out before.
    await again({ datasets: [DATASET, "42"], holdSeconds: 0 });
    await until("its event", () => sent().some(({ event_id }) => event_id === "of-42"));
  });
});

describe("replay", () => {
  test("of thousands of events sends them all once, while new ones are accepted", async () => {
    // Meta rejects only one event in three, so that the lane does not stop.
    const isBad = (id: string) => Number(id.split("-")[1]) % 3 === 0 && id.startsWith("replay");
    meta.behave((request, response) => {
      if (!request.body.data.some(({ event_id }) => isBad(event_id))) return false;
      graphError(response, 400, { code: 100, error_subcode: 2804010 });
      return true;
    });
    await start({ timeoutMillis: 5_000 });
    const events = Array.from({ length: 300 }, (_, index) => serverEvent({ event_id: `replay-${index}` }));
    await edge.postAsServer({ data: events });
    const dataset = async () => (await edge.status()).datasets[0];
    await until("the quarantine", async () => (await dataset())?.quarantined === 100, 40_000);
    const later: string[] = [];
    meta.behave((request, response) => {
      later.push(...request.body.data.map(({ event_id }) => event_id));
      receipt(request, response);
      return true;
    });
    const replays = Promise.all(
      [1, 2].map(async () => {
        const answer = await fetch(`${edge.url}/bridge/replay`, { method: "POST", headers: bearer });
        return (await answer.json()) as { datasets: { dataset_id: string; replayed: number }[] };
      }),
    );
    const others = await Promise.all(Array.from({ length: 20 }, () => edge.post({ data: [pageEvent()] })));
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set([202]));
    const replayed = (await replays).flatMap(({ datasets }) => datasets.map((one) => one.replayed));
    expect(replayed.reduce((sum, one) => sum + one, 0)).toBe(100);
    await until("an empty quarantine", async () => (await dataset())?.quarantined === 0);
    await until("an empty outbox", async () => (await dataset())?.depth === 0);
    const bad = later.filter(isBad);
    expect([bad.length, new Set(bad).size]).toEqual([100, 100]);
    expect((await dataset())?.totals["delivered"]).toBe(320);
  });
});

describe("an intake while a backlog is sent", () => {
  test("writes one row, and sets no alarm of its own", async () => {
    const answers: (() => void)[] = [];
    meta.behave((request, response) => {
      answers.push(() => receipt(request, response));
      return true;
    });
    await start({ timeoutMillis: 60_000 });
    const rows = async () => (await edge.status()).datasets[0]?.totals["rows_written"] ?? Number.NaN;
    await edge.postAsServer({ data: [serverEvent()] });
    await until("a request on its way", () => answers.length === 1);
    await edge.postAsServer({ data: [serverEvent()] });
    // From now on that event has been due for longer than an alarm is ever late.
    await new Promise((done) => setTimeout(done, 6_000));
    const before = await rows();
    for (let post = 0; post < 20; post++) await edge.postAsServer({ data: [serverEvent()] });
    expect((await rows()) - before).toBeLessThanOrEqual(25);
    meta.behave(() => false);
    for (const answer of answers) answer();
    await until("all of them", () => new Set(sent().map(({ event_id }) => event_id)).size === 22);
  });
});

describe("an event of almost seven days", () => {
  test.each([30, 59])(
    "(%i s before) is refused, or Meta has it; it never ends in quarantine",
    async (left) => {
      await start({ holdSeconds: 2 });
      const event_time = Math.floor(Date.now() / 1000) - 7 * 86_400 + left;
      const { status, body } = await edge.postAsServer({
        data: [serverEvent({ event_id: "old", event_time })],
      });
      if (body.events_received === 0) {
        expect(status).toBe(400);
        expect(body.problems.some(({ path }) => path === "data[0].event_time")).toBe(true);
        return;
      }
      await until("it at Meta", () => sent().some(({ event_id }) => event_id === "old"));
      expect((await edge.status()).datasets[0]?.quarantined).toBe(0);
    },
  );
});

describe("what Meta says against an event", () => {
  test.each(["Jane Doe, 12 Rosewood Lane", "Rumpelstiltskin"])(
    "is told without the person in it (%s)",
    async (person) => {
      meta.behave((_, response) => {
        const message = `Invalid parameter: value "${person}" for user_data`;
        graphError(response, 400, { code: 100, error_subcode: 2804010, message, error_user_msg: message });
        return true;
      });
      await start();
      await edge.postAsServer({ data: [serverEvent()] });
      await until("a refusal", async () => (await edge.status()).datasets[0]?.last_refusal != null);
      const told = `${JSON.stringify(await edge.status())}${edge.lines.join("\n")}`;
      for (const word of person.split(/[ ,]+/).filter((word) => word.length > 3)) {
        expect(told).not.toContain(word);
      }
    },
  );
});
