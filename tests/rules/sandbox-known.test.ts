// Tests how the sandbox's page keeps up with thousands of events while it asks for few.

import { expect, test } from "vitest";
import { Known } from "../../www/sandbox/model/known.ts";
import type { SeenEvent } from "../../www/sandbox/model/report.ts";
import { Store } from "../../www/sandbox/model/store.ts";
import { browserCopy, merged, refused, reportOf, seen, serverCopy } from "./sandbox-events.ts";

/** Returns `count` events, newest first, each with its own time and id. */
const many = (count: number): SeenEvent[] =>
  Array.from({ length: count }, (_, index) => {
    const at = (count - index) * 10;
    return seen({ event_id: `id-${at}`, browser: browserCopy(at, { event_id: `id-${at}` }) });
  });

test("the first report resets the page and has everything", () => {
  const known = new Known();
  expect(known.limitFor(reportOf(many(3)))).toBeUndefined();
  const changes = known.takeAll(reportOf(many(3), [refused()]));
  expect(changes.reset).toBe(true);
  expect(changes.events.map(([number]) => number)).toEqual([2, 1, 0]);
  expect(changes.requests.map(([number]) => number)).toEqual([0]);
});

test("a report without news is recognised by its newest event alone", () => {
  const known = new Known();
  known.takeAll(reportOf(many(3)));
  expect(known.isSame(reportOf(many(3), [], 1))).toBe(true);
  expect(known.isSame(reportOf(many(4), [], 1))).toBe(false);
});

test("a clean slate with as many events as before is news", () => {
  const known = new Known();
  known.takeAll(reportOf([seen({ browser: browserCopy(10) })]));
  const after = reportOf([seen({ browser: browserCopy(500) })]);
  expect(known.isSame(after)).toBe(false);
  expect(known.takeNewest(after)).toBeUndefined();
  expect(known.takeAll(after).reset).toBe(true);
});

test("new events are joined with the known ones, and only they are told", () => {
  const known = new Known();
  const old = many(500);
  known.takeAll(reportOf(old));
  const next = reportOf([seen({ event_id: "new", browser: browserCopy(9000) }), ...old], [], 101);
  expect(known.limitFor(next)).toBe(101);
  const changes = known.takeNewest(next);
  expect(changes?.reset).toBe(false);
  expect(changes?.events.map(([number, { event_id }]) => [number, event_id])).toEqual([[500, "new"]]);
});

test("a server copy that completes an old event is missed by no one", () => {
  const known = new Known();
  const old = many(500);
  known.takeAll(reportOf(old));
  const now = [...old];
  now[400] = { ...old[400]!, merged: true, merged_by: "event_id", server: serverCopy(9000) };
  // The newest hundred do not have the event, so more is asked for.
  expect(known.takeNewest(reportOf(now, [], 100))).toBeUndefined();
  expect(known.takeNewest(reportOf(now, [], 450))?.events.map(([number]) => number)).toEqual([99]);
});

test("a repeated copy of an old event is missed by no one", () => {
  const known = new Known();
  const old = many(300);
  known.takeAll(reportOf(old));
  const now = [...old];
  now[250] = { ...old[250]!, browser: { ...old[250]!.browser!, copies: 2 } };
  expect(known.takeNewest(reportOf(now, [], 100))).toBeUndefined();
  expect(known.takeNewest(reportOf(now))?.events).toHaveLength(1);
});

test("fewer events than before are a clean slate", () => {
  const known = new Known();
  known.takeAll(reportOf(many(5)));
  expect(known.limitFor(reportOf(many(2)))).toBeUndefined();
  expect(known.takeAll(reportOf(many(2))).reset).toBe(true);
});

test("reading everything again tells only of what differs", () => {
  const known = new Known();
  const old = many(5);
  known.takeAll(reportOf(old));
  const now = [...old];
  now[3] = { ...old[3]!, why_not: "Same id but different names." };
  const changes = known.takeAll(reportOf(now));
  expect(changes.reset).toBe(false);
  expect(changes.events.map(([number]) => number)).toEqual([1]);
});

test("the store shows the newest first and forgets what the sandbox forgot", () => {
  const store = new Store();
  const known = new Known();
  store.take(known.takeAll(reportOf([merged({ event_name: "B" }), merged({ event_name: "A" })])));
  expect([...store.onlyEvents()].map(({ event_name }) => event_name)).toEqual(["B", "A"]);
  store.take({
    reset: false,
    firstEvent: 1,
    firstRequest: 0,
    events: [[2, merged({ event_name: "C" })]],
    requests: [],
  });
  expect([...store.events()].map(([number, { event_name }]) => [number, event_name])).toEqual([
    [2, "C"],
    [1, "B"],
  ]);
  store.take({ reset: true, firstEvent: 0, firstRequest: 0, events: [], requests: [] });
  expect([...store.onlyEvents()]).toEqual([]);
});
