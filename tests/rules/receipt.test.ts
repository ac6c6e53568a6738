// Tests that only an answer with `events_received` is a receipt.

import { expect, test } from "vitest";
import { isPlainReceipt, isProblem, isReceipt } from "../../src/shell/browser/rules/receipt.ts";

test.each([
  [200, { events_received: 1 }],
  [202, { events_received: 2, problems: [] }],
  // The worker drops a crawler's events on purpose and answers with 0.
  [202, { events_received: 0, problems: [] }],
  [299, { events_received: 1 }],
])("%i %j is one", (status, body) => expect(isReceipt(status, body)).toBe(true));

test.each([
  ["a page of a static server", 200, undefined],
  ["no content", 204, undefined],
  ["an empty 202", 202, undefined],
  ["an opaque answer", 0, undefined],
  ["JSON of another server", 200, { ok: true }],
  ["null", 200, null],
  ["a list", 200, [{ events_received: 1 }]],
  ["a text", 200, "events_received"],
  ["a number in quotes", 200, { events_received: "1" }],
  ["true", 200, { events_received: true }],
  ["the word of a worker that refuses", 400, { events_received: 0, problems: [] }],
  ["a worker that is overloaded", 503, { events_received: 1 }],
  ["a redirect", 302, { events_received: 1 }],
  ["the first status above a success", 300, { events_received: 1 }],
  ["the last one below it", 199, { events_received: 1 }],
])("%s is none", (_, status, body) => expect(isReceipt(status, body)).toBe(false));

test.each([
  ["no problem", 202, { events_received: 1, problems: [] }, true],
  ["an older worker's, which names none", 200, { events_received: 1 }, true],
  ["a problem", 202, { events_received: 1, problems: [{}] }, false],
  ["no receipt", 200, { problems: [] }, false],
  ["the word of a worker that refuses", 400, { events_received: 0, problems: [] }, false],
  ["no answer", 0, undefined, false],
])("%s: is it a plain receipt?", (_, status, body, expected) =>
  expect(isPlainReceipt(status, body)).toBe(expected),
);

test.each([
  ["a receipt with a problem", 202, 0, true, true],
  ["a page instead of a receipt", 200, 0, true, true],
  ["a refusal", 403, 0, true, true],
  ["the last status of a refusal", 499, 0, true, true],
  ["a first 500", 500, 0, true, false],
  ["a first 503", 503, 0, true, false],
  ["a second 503", 503, 1, true, true],
  ["a second 503, and offline since", 503, 1, false, true],
  ["a first request without an answer", 0, 0, true, false],
  ["a second one", 0, 1, true, true],
  ["a second one of a browser that is offline", 0, 1, false, false],
])("%s: is it a problem?", (_, status, tries, isOnline, expected) =>
  expect(isProblem(status, tries, isOnline)).toBe(expected),
);
