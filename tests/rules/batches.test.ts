// Tests the grouping of events into requests, and the limit for requests that outlive the page.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  batches,
  MAX_KEPT_ALIVE_BYTES,
  mayOutlive,
  type Sized,
} from "../../src/shell/browser/rules/batches.ts";

const event = (bytes: number, dataset = "1"): Sized => ({ bytes, dataset });
const grouped = (events: Sized[]) => batches(events).map((batch) => batch.events);

test("events of one dataset share a request", () => {
  const events = [event(300), event(300), event(300)];
  expect(grouped(events)).toEqual([events]);
});

test("each dataset has a request of its own, and so has the worker's first", () => {
  const [one, two, first] = [event(300), event(300, "2"), { ...event(300), dataset: undefined }];
  expect(grouped([one, two, first, one])).toEqual([[one, one], [two], [first]]);
});

test("an event that is larger than a request is sent alone", () => {
  const [small, large] = [event(300), event(45_000)];
  expect(grouped([small, large, small])).toEqual([[small], [large], [small]]);
});

test("every event is in one request, in order, and no request of several is too large", () => {
  const events = fc.array(
    fc.record({
      bytes: fc.integer({ min: 1, max: 40_000 }),
      dataset: fc.constantFrom("1", "2", undefined),
    }),
  );
  fc.assert(
    fc.property(events, (given) => {
      const made = batches(given);
      for (const dataset of ["1", "2", undefined]) {
        const of = (all: Sized[]) => all.filter((each) => each.dataset === dataset);
        expect(made.flatMap((batch) => of(batch.events))).toEqual(of(given));
      }
      for (const { events, bytes } of made) {
        expect(bytes).toBeGreaterThan(events.reduce((sum, each) => sum + each.bytes, 0));
        if (events.length > 1) expect(bytes).toBeLessThanOrEqual(MAX_KEPT_ALIVE_BYTES);
      }
    }),
  );
});

test("a request is full at 32,000 bytes, of which each event has one for its comma", () => {
  const around = 100;
  const half = (32_000 - around) / 2 - 1;
  expect(batches([event(half), event(half)])).toMatchObject([{ bytes: 32_000 }]);
  expect(batches([event(half), event(half + 1)])).toMatchObject([
    { bytes: around + half + 1 },
    { bytes: around + half + 2 },
  ]);
});

test("the page keeps half of what may outlive it", () => {
  // A browser allows 64 KiB for the page and the bridge together.
  expect(MAX_KEPT_ALIVE_BYTES).toBe(32_000);
  expect(mayOutlive(32_000, 0)).toBe(true);
  expect(mayOutlive(32_001, 0)).toBe(false);
  expect(mayOutlive(30_000, 0)).toBe(true);
  expect(mayOutlive(45_000, 0)).toBe(false);
  expect(mayOutlive(30_000, 30_000)).toBe(false);
  expect(mayOutlive(1000, 30_000)).toBe(true);
});
