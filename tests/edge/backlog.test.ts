// Tests that many events, waiting or in quarantine, slow down neither the status nor other senders (findings A8, A16).
// `npm run bench -- backlog` and `replay` measure the same with more events.

import { afterEach, beforeEach, expect, test } from "vitest";
import { DATASET, type Edge, KEY, pageEvent, serverEvent } from "../support/edge.ts";
import { startMeta } from "../support/meta.ts";
import { changeOutbox } from "../support/outbox.ts";
import { startEdge } from "../support/started.ts";

const bearer = { authorization: `Bearer ${KEY}` };

let meta: Awaited<ReturnType<typeof startMeta>>;
let edge: Edge;

beforeEach(async () => {
  meta = await startMeta();
});
afterEach(async () => {
  await edge.stop();
  await meta.stop();
});

/** Returns the shortest of some times, in milliseconds. A busy machine makes most of them longer. */
async function shortest(ask: () => Promise<unknown>): Promise<number> {
  let millis = Infinity;
  for (let time = 0; time < 20; time++) {
    const began = performance.now();
    await ask();
    millis = Math.min(millis, performance.now() - began);
  }
  return millis;
}

test("the status, the metrics, health and a page's post take as long with 100,000 events waiting", async () => {
  edge = await startEdge(meta.url, {
    holdSeconds: 3600,
    maxServerBodyBytes: 33_554_432,
    rateLimit: { perSecond: 10_000, burst: 10_000 },
  });
  const asked: [string, () => Promise<unknown>][] = [
    ["status", () => edge.status()],
    [
      "metrics",
      async () =>
        (await fetch(`${edge.url}/bridge/status?format=prometheus`, { headers: bearer })).arrayBuffer(),
    ],
    ["health", async () => (await fetch(`${edge.url}/bridge/health`)).arrayBuffer()],
    ["post", () => edge.post({ data: [pageEvent()] })],
  ];
  const times = async () => {
    const all: Record<string, number> = {};
    for (const [name, ask] of asked) all[name] = await shortest(ask);
    return all;
  };
  await edge.postAsServer({ data: [serverEvent()] });
  const few = await times();
  let waiting = 0;
  for (let request = 0; request < 100; request++) {
    const data = Array.from({ length: 1000 }, (_, index) => ({
      event_name: "Lead",
      event_time: Math.floor(Date.now() / 1000),
      event_id: `waiting-${request}-${index}`,
      action_source: "email",
      user_data: { external_id: `${request}-${index}` },
    }));
    const { status, body } = await edge.postAsServer({ data });
    expect(status).toBe(202);
    waiting += body.events_received;
  }
  expect(waiting).toBe(100_000);
  const many = await times();
  for (const [name] of asked) {
    const [before, after] = [few[name] ?? 0, many[name] ?? 0];
    expect(after, `${name}: ${before} ms before, ${after} ms after`).toBeLessThan(3 * before + 15);
  }
}, 180_000);

test("a replay of 50,000 events lets pages and operators in between its slices", async () => {
  edge = await startEdge(meta.url, { holdSeconds: 3600 });
  const { state } = edge;
  await edge.postAsServer({ data: [serverEvent()] });
  await edge.stop();
  expect(Number(await changeOutbox("full-quarantine", state, DATASET, 50_000))).toBeGreaterThanOrEqual(
    50_000,
  );
  edge = await startEdge(meta.url, { holdSeconds: 3600 }, { state });
  await edge.status();
  let isReplayed = false;
  const answer = fetch(`${edge.url}/bridge/replay`, { method: "POST", headers: bearer });
  const replay = answer.then(async (answered) => {
    isReplayed = true;
    return (await answered.json()) as { datasets: { replayed: number }[] };
  });
  let between = 0;
  for (;;) {
    expect((await edge.post({ data: [pageEvent()] })).status).toBe(202);
    if (isReplayed) break;
    between += 1;
  }
  expect((await replay).datasets[0]?.replayed).toBe(50_000);
  // There are a hundred slices. Without them, all posts but the first wait for the end of the replay.
  expect(between).toBeGreaterThan(5);
}, 180_000);
