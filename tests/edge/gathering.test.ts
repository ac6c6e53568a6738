// Many requests share one write, and none of them depends on another's client.

import { connect } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Gathering } from "../../src/shell/edge/gathering.ts";
import { type Edge, ORIGIN, pageEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startBridge, startEdge } from "../support/started.ts";

let sandbox: Sandbox;
let edge: Edge;

beforeAll(async () => {
  ({ sandbox, edge } = await startBridge());
});

/** Calls that end when the test says so. */
function calls() {
  const made: { items: number[]; end: (error?: Error) => void }[] = [];
  const call = (items: number[]) =>
    new Promise<void>((done, fail) =>
      made.push({ items: [...items], end: (error) => (error ? fail(error) : done()) }),
    );
  return { made, call };
}
const alive = () => undefined;
/** Carries so many items a call. An item has as many bytes as it says. */
const gatheringOf = (items: number, bytes = 1_000_000) =>
  new Gathering<number>({ items, bytes }, (item) => item);
/** Lets everyone look, several times. */
const aWhile = () => vi.advanceTimersByTimeAsync(100);

describe("by itself", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("what arrives while a call is in flight travels together in the next one", async () => {
    const { made, call } = calls();
    const gathering = gatheringOf(1000);
    const answered: number[] = [];
    const requests = [1, 2, 3, 4].map((item) =>
      gathering.add([item], call, alive).then(() => answered.push(item)),
    );
    await aWhile();
    expect(made.map(({ items }) => [...items].sort())).toEqual([[1]]);
    made[0]?.end();
    await aWhile();
    expect(made.map(({ items }) => [...items].sort())).toEqual([[1], [2, 3, 4]]);
    // Those of the second call are answered only when it is done.
    expect(answered).toEqual([1]);
    made[1]?.end();
    await aWhile();
    await Promise.all(requests);
    expect([...answered].sort()).toEqual([1, 2, 3, 4]);
  });

  test("a call that fails fails only for those whose items it carried", async () => {
    const { made, call } = calls();
    const gathering = gatheringOf(1000);
    const [first, second] = [gathering.add([1], call, alive), gathering.add([2], call, alive)];
    made[0]?.end(new Error("no disk"));
    await expect(first).rejects.toThrow("no disk");
    await aWhile();
    made[1]?.end();
    await aWhile();
    await expect(second).resolves.toBeUndefined();
  });

  test("a call carries no more bytes than it may; a request with more goes by itself", async () => {
    const { made, call } = calls();
    const gathering = gatheringOf(1000, 10);
    const requests = [[1], [6], [5], [4, 7], [3]].map((items) => gathering.add(items, call, alive));
    for (let at = 0; at < 5; at++) {
      made[at]?.end();
      await aWhile();
    }
    await Promise.all(requests);
    const carried = made.map(({ items }) => items);
    expect(carried.flat().sort()).toEqual([1, 3, 4, 5, 6, 7]);
    const sums = carried.map((items) => items.reduce((sum, item) => sum + item, 0));
    expect(sums.filter((sum) => sum > 10)).toEqual([11]);
    expect(carried.find((items) => items.includes(4))).toEqual([4, 7]);
  });

  test("when a shared call fails, each request tries once alone, and fails alone", async () => {
    const { made, call } = calls();
    const gathering = gatheringOf(1000);
    const first = gathering.add([1], call, alive);
    const shared = [2, 3, 4].map((item) => gathering.add([item], call, alive));
    const ends = Promise.allSettled(shared);
    made[0]?.end();
    await first;
    await aWhile();
    expect([...(made[1]?.items ?? [])].sort()).toEqual([2, 3, 4]);
    made[1]?.end(new Error("too large"));
    await aWhile();
    const alone = made.slice(2);
    expect(alone.map(({ items }) => items).sort()).toEqual([[2], [3], [4]]);
    for (const { items, end } of alone) end(items[0] === 3 ? new Error("too large") : undefined);
    expect((await ends).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    await aWhile();
    expect(made).toHaveLength(5);
  });

  test("a call carries no more than it may, and the rest goes in the one after", async () => {
    const { made, call } = calls();
    const gathering = gatheringOf(2);
    const requests = [1, 2, 3, 4].map((item) => gathering.add([item], call, alive));
    for (let at = 0; at < 3; at++) {
      made[at]?.end();
      await aWhile();
    }
    await Promise.all(requests);
    expect(made.map(({ items }) => [...items].sort())).toEqual([[1], [2, 3], [4]]);
  });

  test("a request whose leader vanished makes the call itself", async () => {
    const { made, call } = calls();
    const gathering = gatheringOf(1000);
    // The first call never ends: its request is gone, with all that it would have done.
    void gathering.add([1], call, alive);
    const [second, third] = [gathering.add([2], call, alive), gathering.add([3], call, alive)];
    await vi.advanceTimersByTimeAsync(15_000);
    expect(made.map(({ items }) => [...items].sort())).toEqual([[1], [2, 3]]);
    made[1]?.end();
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all([second, third]);
    // And those who come after are not held up.
    const fourth = gathering.add([4], call, alive);
    made[2]?.end();
    await expect(fourth).resolves.toBeUndefined();
  });
});

test("hundreds of requests at once are all answered, and all arrive once", async () => {
  const events = Array.from({ length: 300 }, () => pageEvent());
  const answers = await Promise.all(events.map((event) => edge.post({ data: [event] })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  await arrivedOnce(events);
});

test("no request waits for a promise of another's", async () => {
  // A host that lets a promise continue at the side of whoever settles it: there, no request could touch
  // its own answer.
  const flags = ["no_handle_cross_request_promise_resolution"];
  const elsewhere = await startEdge(sandbox.url, {}, { service: { compatibilityFlags: flags } });
  for (let round = 0; round < 3; round++) {
    const events = Array.from({ length: 100 }, () => pageEvent());
    const answers = await Promise.all(events.map((event) => elsewhere.post({ data: [event] })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  }
  expect(elsewhere.lines.filter((line) => line.includes("different request"))).toEqual([]);
  await elsewhere.stop();
});

test("clients that hang up take no one with them", async () => {
  for (let round = 0; round < 5; round++) {
    const gone = Array.from({ length: 10 }, () => hangUp());
    const staying = Array.from({ length: 20 }, () => pageEvent());
    const answers = staying.map((event) => edge.post({ data: [event] }));
    for (const socket of gone) (await socket).destroy();
    for (const answer of answers) expect((await answer).status).toBe(202);
    await arrivedOnce(staying);
  }
});

async function arrivedOnce(events: { event_id: string }[]) {
  const copies = await eventually("all events", async () => {
    const seen = new Map(
      (await sandbox.report()).events.map((event) => [event.event_id, event.server?.copies]),
    );
    const found = events.map((event) => seen.get(event.event_id));
    return found.includes(undefined) ? undefined : found;
  });
  expect(new Set(copies)).toEqual(new Set([1]));
}

/** Posts an event and does not wait for the answer. */
async function hangUp() {
  const { hostname, port } = new URL(edge.url);
  const body = JSON.stringify({ data: [pageEvent()] });
  const socket = connect(Number(port), hostname);
  await new Promise((done) => socket.once("connect", done));
  socket.on("error", () => undefined);
  socket.write(
    `POST /bridge/events HTTP/1.1\r\nHost: ${hostname}\r\nOrigin: ${ORIGIN}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}
