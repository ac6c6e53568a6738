// Tests which events the list of the sandbox's page shows, and which rows of it are drawn.

import fc from "fast-check";
import { expect, test } from "vitest";
import { EVERYTHING, itemsOf, type Wish } from "../../www/sandbox/model/items.ts";
import { rowAfterKey, rowsInView, topToShow } from "../../www/sandbox/model/rows.ts";
import { datasetsOf, totalsByName } from "../../www/sandbox/model/totals.ts";
import { browserCopy, merged, refused, seen, serverCopy } from "./sandbox-events.ts";

const EVENTS = [
  merged({
    event_name: "Purchase",
    event_id: "Order-9",
    browser: browserCopy(5000),
    server: serverCopy(6000),
  }),
  seen({ event_name: "Lead", dataset_id: "42", server: serverCopy(3000), browser: null }),
  seen({ event_name: "Lead", event_id: null }),
];

const keys = (wish: Partial<Wish>) =>
  itemsOf(
    {
      events: EVENTS.map((event, index) => [2 - index, event]),
      requests: [
        [1, refused()],
        [0, refused({ error: null, status: 200 })],
      ],
    },
    { ...EVERYTHING, ...wish },
  ).map(({ key }) => key);

test.each<[Partial<Wish>, string[]]>([
  [{}, ["e2", "e1", "r1", "e0"]],
  [{ kind: "merged" }, ["e2"]],
  [{ kind: "server" }, ["e1"]],
  [{ kind: "browser" }, ["e0"]],
  [{ kind: "refused" }, ["r1"]],
  [{ name: "Lead" }, ["e1", "e0"]],
  [{ name: "Purchase" }, ["e2", "r1"]],
  [{ dataset: "42" }, ["e1"]],
  [{ text: "order-" }, ["e2", "r1"]],
  [{ text: "  LEAD 42 " }, ["e1"]],
  [{ text: "missing currency" }, ["r1"]],
  [{ text: "nothing like it" }, []],
  [{ name: "Lead", kind: "merged" }, []],
])("the wish %j shows %j", (wish, wanted) => expect(keys(wish)).toEqual(wanted));

test("totals count copies and merges, most events first", () => {
  expect(totalsByName(EVENTS)).toEqual([
    { event_name: "Lead", browser: 1, server: 1, merged: 0, events: 2 },
    { event_name: "Purchase", browser: 1, server: 1, merged: 1, events: 1 },
  ]);
  expect(datasetsOf(EVENTS)).toEqual(["1234567890", "42"]);
});

test("the rows drawn cover the view and stay few, however long the list is", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -100, max: 1_000_000 }),
      fc.integer({ min: 0, max: 3000 }),
      fc.integer({ min: 0, max: 10_000 }),
      (top, height, count) => {
        const { from, to } = rowsInView(top, height, 66, count);
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(count);
        expect(to - from).toBeLessThanOrEqual(height / 66 + 15);
        const first = Math.floor(Math.max(0, top) / 66);
        if (first < count) expect(from).toBeLessThanOrEqual(first);
      },
    ),
  );
});

test("a row is scrolled into view by the shortest way", () => {
  expect(topToShow(2, 0, 400, 50)).toBe(0);
  expect(topToShow(10, 0, 400, 50)).toBe(150);
  expect(topToShow(1, 300, 400, 50)).toBe(50);
});

test.each([
  ["j", -1, 0],
  ["k", -1, 0],
  ["ArrowDown", 98, 99],
  ["j", 99, 99],
  ["ArrowUp", 0, 0],
  ["PageDown", 5, 15],
  ["PageUp", 5, 0],
  ["End", 5, 99],
  ["Home", 5, 0],
  ["x", 5, undefined],
  ["constructor", 5, undefined],
])("the key %s moves from row %i to %s", (key, row, wanted) => {
  expect(rowAfterKey(key, row, 10, 100)).toBe(wanted);
});

test("no key moves in an empty list", () => expect(rowAfterKey("j", -1, 10, 0)).toBeUndefined());
