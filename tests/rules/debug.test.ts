// Tests the lines of `data-debug`.

import { expect, test } from "vitest";
import { aboutEvent, aboutRequest } from "../../src/shell/browser/rules/debug.ts";
import { isDebug } from "../../src/shell/browser/rules/is-debug.ts";

test.each([
  ["", "", true],
  ["true", "", true],
  [true, "", true],
  ["false", "", false],
  [false, "", false],
  [undefined, "", false],
  [undefined, "?capi-debug", true],
  [undefined, "?a=1&capi-debug=1", true],
  [undefined, "?a=capi-debug", false],
  [undefined, "?capi-debugger", false],
])("the setting %j on a page with %j: %s", (setting, query, expected) =>
  expect(isDebug(setting, query)).toBe(expected),
);

test.each([
  [["1"], ["1"], "browser copy by the pixel to 1; server copy to 1"],
  [[], ["1"], "browser copy by the pixel, which has no dataset yet; server copy to 1"],
  [undefined, [undefined], "no browser copy; server copy to its first dataset"],
  [["1", "2"], [], "browser copy by the pixel to 1, 2; no server copy"],
])("an event for the pixel's %j and the worker's %j", (pixel, worker, expected) =>
  expect(aboutEvent("Lead", "e1", pixel, worker)).toBe(`Lead e1: ${expected}`),
);

test("a duplicate says that it is one", () =>
  expect(aboutEvent("PageView", "e1")).toBe(
    "PageView e1: the second of this navigation, dropped on both sides",
  ));

const EVENTS = [
  { event_name: "Lead", event_id: "e1" },
  { event_name: "Contact", event_id: "e2" },
];

test.each([
  [202, { events_received: 2, problems: [] }, "202, 2 received, problems: []"],
  [202, { events_received: 2 }, "202, 2 received, problems: []"],
  [
    400,
    { events_received: 0, problems: [{ code: "a", path: "data[0]" }] },
    '400, 0 received, problems: [{"code":"a","path":"data[0]"}]',
  ],
  [200, undefined, "200, not the worker's answer"],
  [404, { error: "no" }, "404, not the worker's answer"],
  [0, undefined, "no answer"],
  [undefined, undefined, "sent as the page was left, the answer is not known"],
])("a request with the answer %s %j", (status, body, expected) =>
  expect(aboutRequest(EVENTS, "/bridge/events", status, body)).toBe(
    `POST /bridge/events (Lead e1, Contact e2): ${expected}`,
  ),
);
