// Tests the limits of one sender's effect on the disk and on a shared call (findings A2, A3).

import { readdirSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { DATASET, type Edge, KEY, ORIGIN, pageEvent, serverEvent } from "../support/edge.ts";
import { startMeta } from "../support/meta.ts";
import { startEdge } from "../support/started.ts";

const WRITE_KEY = "write-key-0123456789abcdef0123456789";
const PAGE_KEY = "key-of-a-page-0123456789abcdef01234";

let meta: Awaited<ReturnType<typeof startMeta>> | undefined;
let edge: Edge | undefined;

afterEach(async () => {
  await edge?.stop();
  await meta?.stop();
});

async function start(changes: object = {}): Promise<Edge> {
  meta = await startMeta();
  const settings = {
    holdSeconds: 3600,
    segment: { pages: [{ writeKey: PAGE_KEY }] },
    rateLimit: { perSecond: 1000, burst: 1000 },
    ...changes,
  };
  edge = await startEdge(meta.url, settings, { secrets: { SEGMENT_WRITE_KEY: WRITE_KEY } });
  return edge;
}

/** Returns the size of the outboxes on disk, in bytes. */
function onDisk({ state }: Edge): number {
  const files = readdirSync(join(state, "durable-objects"), { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}

/** Posts with headers that `fetch` cannot set. Returns the status, the text and the number of bytes sent. */
function post(path: string, body: string, headers: Record<string, string>) {
  const bytes = Object.entries(headers).reduce((sum, pair) => sum + pair.join().length + 3, body.length);
  return new Promise<{ status: number; bytes: number; text: string }>((done, fail) => {
    const asked = request(`${edge?.url}${path}`, { method: "POST", headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => done({ status: response.statusCode ?? 0, bytes, text }));
    });
    asked.on("error", fail).end(body);
  });
}

const LONG = "x".repeat(14_000);
/**
 * Returns the headers of a page. Its visitor has an address of the internet, because an event that names nobody is
 * refused, and another one in each round, because an address may send so many events.
 */
const page = (round: number) => ({
  origin: ORIGIN,
  "user-agent": "Test/1.0",
  referer: "https://shop.example/",
  "cf-connecting-ip": `8.8.4.${round}`,
});
const tiny = (round: number) =>
  JSON.stringify({
    data: Array.from({ length: 500 }, (_, index) => ({ event_name: "Lead", event_id: `${round}-${index}` })),
  });
const calls = (round: number, writeKey: string) =>
  JSON.stringify({
    writeKey,
    context: { page: { url: `https://shop.example/?${LONG}` }, userAgent: LONG },
    batch: Array.from({ length: 500 }, (_, index) => ({
      type: "track",
      event: "Lead",
      messageId: `${round}-${index}`,
      anonymousId: "a",
    })),
  });
const servers = (round: number, beside: object) =>
  JSON.stringify({
    ...beside,
    data: Array.from({ length: 500 }, (_, index) => ({
      event_name: "Lead",
      event_id: `${round}-${index}`,
      action_source: "email",
      user_data: { external_id: "a" },
    })),
  });

type Attack = [string, (round: number) => [path: string, body: string, headers: Record<string, string>]];
const ATTACKS: Attack[] = [
  [
    "a long query in the Referer",
    (round) => ["/bridge/events", tiny(round), { ...page(round), referer: `https://shop.example/?${LONG}` }],
  ],
  [
    "a long path in the Referer",
    (round) => ["/bridge/events", tiny(round), { ...page(round), referer: `https://shop.example/${LONG}` }],
  ],
  ["a long user agent", (round) => ["/bridge/events", tiny(round), { ...page(round), "user-agent": LONG }]],
  [
    "long cookies",
    (round) => {
      const cookie = `_fbp=fb.1.1596403881668.1.${"p".repeat(3_000)}; _fbc=fb.1.${Date.now()}.${"c".repeat(3_000)}`;
      return ["/bridge/events", tiny(round), { ...page(round), cookie }];
    },
  ],
  [
    "a long context of Segment's, from a page",
    (round) => ["/v1/batch", calls(round, PAGE_KEY), { ...page(round), "content-type": "text/plain" }],
  ],
  ["a long context of Segment's, from a server", (round) => ["/v1/batch", calls(round, WRITE_KEY), {}]],
  [
    "a long test code beside the events",
    (round) => [
      "/bridge/events",
      servers(round, { test_event_code: LONG }),
      { authorization: `Bearer ${KEY}` },
    ],
  ],
  [
    "long parameters by the Graph path",
    (round) => [
      `/v26.0/${DATASET}/events`,
      servers(round, { upload_tag: LONG, upload_source: LONG }),
      { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    ],
  ],
];

test.each(ATTACKS)("%s is not stored once for each event", async (_, attack) => {
  const worker = await start();
  // The first event creates the tables of the outbox, which do not count.
  await worker.post({ data: [pageEvent()] });
  const before = onDisk(worker);
  let most = 0;
  for (let round = 0; round < 8; round++) {
    const { status, bytes, text } = await post(...attack(round));
    // The worker refuses the requests for their size, and for nothing else.
    if (status >= 300)
      expect(`${status} ${text.slice(0, 300)}`).toMatch(/^4\d\d .*(too_large|expected .* at most)/);
    most += 4 * bytes + 64 * 1024;
  }
  expect(onDisk(worker) - before).toBeLessThanOrEqual(most);
  // An ordinary event is still accepted, and the log reports no event that was not stored.
  expect((await worker.post({ data: [pageEvent()] })).status).toBe(202);
  expect(worker.lines.filter((line) => line.includes("not stored"))).toEqual([]);
});

test("events that would be stored too large are named, and their neighbours are accepted", async () => {
  const worker = await start();
  const { status, text } = await post("/bridge/events", tiny(0), {
    ...page(0),
    referer: `https://shop.example/${LONG}`,
  });
  const answer = JSON.parse(text) as {
    events_received: number;
    problems: { message: string; path: string }[];
  };
  const { datasets } = await worker.status();
  expect(datasets[0]?.totals["accepted"]).toBe(answer.events_received);
  expect(answer.events_received).toBeGreaterThan(0);
  if (answer.events_received === 500) return;
  expect([202, 400]).toContain(status);
  const named = answer.problems.filter(({ message }) => message.includes("expected"));
  expect(new Set(named.map(({ path }) => path.split(".")[0])).size).toBeGreaterThanOrEqual(
    500 - answer.events_received,
  );
});

test("many large events at once do not fail each other, nor small ones in between", async () => {
  const worker = await start({ maxServerBodyBytes: 33_554_432 });
  const note = "x".repeat(60_000);
  const large = (number: number) =>
    Array.from({ length: number }, () => serverEvent({ custom_data: { value: 1, currency: "EUR", note } }));
  // The first one takes so long that the others gather behind it, more than a call may carry.
  const first = worker.postAsServer({ data: large(400) });
  const posts = Array.from({ length: 120 }, (_, index) =>
    index % 3 === 0 ? worker.post({ data: [pageEvent()] }) : worker.postAsServer({ data: large(8) }),
  );
  const statuses = (await Promise.all([first, ...posts])).map(({ status }) => status);
  expect(statuses.filter((status) => status !== 202)).toEqual([]);
  expect((await worker.status()).datasets[0]?.totals["accepted"]).toBe(400 + 40 + 80 * 8);
});

test("one request with more than a call carries is accepted whole", async () => {
  const worker = await start({ maxServerBodyBytes: 33_554_432 });
  // Letters outside Latin-1 take two bytes each in a call.
  const note = "я".repeat(30_000);
  const event = () => serverEvent({ custom_data: { value: 1, currency: "EUR", note } });
  const answer = await worker.postAsServer({ data: Array.from({ length: 400 }, event) });
  expect(answer).toMatchObject({ status: 202, body: { events_received: 400 } });
  expect((await worker.status()).datasets[0]?.totals["accepted"]).toBe(400);
});
