// Tests the layout of the timeline on the sandbox's page.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Item } from "../../www/sandbox/model/items.ts";
import type { SeenEvent } from "../../www/sandbox/model/report.ts";
import { columnAt, layOut } from "../../www/sandbox/model/timeline.ts";
import { browserCopy, merged, refused, seen, serverCopy } from "./sandbox-events.ts";

const item = (key: string, event: SeenEvent): Item => ({ key, millis: 0, event });
const pairOf = (from: number, to: number) => merged({ browser: browserCopy(from), server: serverCopy(to) });

test("nothing has no timeline", () => expect(layOut([], 900)).toBeUndefined());

test("two copies that met have a line between their places", () => {
  const timeline = layOut([item("a", pairOf(1000, 3000))], 900);
  expect(timeline?.lines).toEqual([{ from: 0, to: 900, count: 1 }]);
  expect(timeline?.columns.map(({ browser, server }) => [browser, server])).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

test("a missing copy leaves a gap on its lane, at the time of the other", () => {
  const events = [
    item("a", seen({ browser: browserCopy(1000) })),
    item("b", seen({ browser: null, server: serverCopy(2000) })),
  ];
  const [first, last] = layOut(events, 900)?.columns ?? [];
  expect(first).toMatchObject({ x: 0, browser: 1, missingServer: 1, missingBrowser: 0 });
  expect(last).toMatchObject({ x: 900, server: 1, missingServer: 0, missingBrowser: 1 });
});

test("a single moment is in the middle", () => {
  expect(layOut([item("a", seen())], 900)?.columns).toMatchObject([{ x: 450 }]);
});

test("a long pause is drawn short, and told", () => {
  const hour = 3_600_000;
  const timeline = layOut([item("b", pairOf(hour, hour + 2000)), item("a", pairOf(0, 2000))], 900);
  // Two seconds, the pause (drawn as two seconds), two seconds.
  expect(timeline?.columns.map(({ x }) => x)).toEqual([0, 297, 603, 900]);
  expect(timeline?.pauses).toEqual([{ x: 450, millis: hour - 2000 }]);
});

test("a refused request has its place", () => {
  const request: Item = { key: "r", millis: 500, request: refused() };
  expect(layOut([request], 900)?.columns).toMatchObject([{ refused: 1, newest: "r" }]);
});

test("the column nearest to a click knows its newest event", () => {
  const timeline = layOut([item("new", seen({ browser: browserCopy(5000) })), item("old", seen())], 900);
  expect(timeline && columnAt(timeline, 880)?.newest).toBe("new");
  expect(timeline && columnAt(timeline, -5)?.newest).toBe("old");
});

test("thousands of events make few marks, and none is lost in the count", () => {
  const millis = fc.integer({ min: 0, max: 100_000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(millis, millis), { minLength: 1, maxLength: 2000 }), (pairs) => {
      const timeline = layOut(
        pairs.map(([from, to], index) => item(String(index), pairOf(from, to))),
        900,
      );
      expect(timeline?.columns.length).toBeLessThanOrEqual(101);
      expect(timeline?.lines.length).toBeLessThanOrEqual(400);
      expect(timeline?.columns.reduce((sum, { browser }) => sum + browser, 0)).toBe(pairs.length);
      for (const { x } of timeline?.columns ?? []) {
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x).toBeLessThanOrEqual(900);
      }
    }),
    { numRuns: 20 },
  );
});
