// Tests the wait before an event is sent again.

import fc from "fast-check";
import { expect, test } from "vitest";
import { ANSWER_WITHIN_MILLIS, backoff, retryAfter } from "../../src/shell/browser/rules/backoff.ts";

test("1, 2, 4 … seconds, each times 0.5 to 1.5", () => {
  for (const [tries, seconds] of [1, 2, 4, 8, 16, 32, 64, 128].entries()) {
    expect(backoff(tries, 0)).toBe(seconds * 500);
    expect(backoff(tries, 0.5)).toBe(seconds * 1000);
  }
});

test("no wait is longer than five minutes, whatever was tried, and none is shorter than half a second", () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      expect(backoff(tries, random)).toBeLessThanOrEqual(300_000);
      expect(backoff(tries, random)).toBeGreaterThanOrEqual(500);
    }),
  );
  // A lasting refusal has the longest wait from the first try on.
  expect(backoff(Infinity, 0)).toBe(150_000);
  expect(backoff(Infinity, 1)).toBe(300_000);
});

const NOW = Date.parse("Sat, 28 Nov 2026 12:00:00 GMT");

test.each([
  [undefined, 0],
  [null, 0],
  ["", 0],
  ["0", 0],
  ["4", 4000],
  ["1.5", 1500],
  ["Sat, 28 Nov 2026 12:01:00 GMT", 60_000],
  ["soon", 0],
  ["NaN", 0],
  // No longer than an hour.
  ["86400", 3_600_000],
  ["Infinity", 3_600_000],
  ["Sat, 28 Nov 2099 12:01:00 GMT", 3_600_000],
])("Retry-After: %s", (header, millis) => expect(Math.max(0, retryAfter(header, NOW))).toBe(millis));

test("a date that has passed asks for no wait", () =>
  expect(retryAfter("Sat, 28 Nov 2026 11:00:00 GMT", NOW)).toBeLessThanOrEqual(0));

test("the worker has 15 seconds to answer", () => expect(ANSWER_WITHIN_MILLIS).toBe(15_000));
