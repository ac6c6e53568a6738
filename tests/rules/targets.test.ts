// Tests that requests carry fields to matching addresses only.

import { expect, test } from "vitest";
import { matcher } from "../../src/shell/browser/rules/targets.ts";

const OWN = "https://shop.example";
const matches = (to: (string | RegExp)[], url: string, own: string | false = OWN) =>
  matcher(to, own)(new URL(url));

test.each([
  ["same-origin", "https://shop.example/a?b#c", true],
  ["same-origin", "https://shop.example:8443/a", false],
  ["same-origin", "http://shop.example/a", false],
  ["same-origin", "https://www.shop.example/a", false],
  ["same-origin", "blob:https://shop.example/0c5d", false],
  ["same-origin", "data:text/plain,a", false],
  ["https://api.example", "https://api.example/v1", true],
  ["https://api.example/", "https://api.example/v1", true],
  ["https://api.example", "https://api.example.evil.example/v1", false],
  ["https://api.example", "https://api.example:8443/v1", false],
  ["api.example", "https://api.example/v1", false],
  ["", "https://shop.example/", false],
])("%s, %s: %s", (target, url, expected) => expect(matches([target], url)).toBe(expected));

test("a sandboxed frame has no origin of its own", () => {
  expect(matches(["same-origin"], "https://shop.example/", false)).toBe(false);
  expect(matches(["https://api.example"], "https://api.example/", false)).toBe(true);
});

test("an empty word lists nothing, and excludes nothing", () => {
  expect(matches(["", "same-origin"], "https://shop.example/")).toBe(true);
});

test("a RegExp may match from the start of the address", () => {
  expect(matches([/^https:\/\/api\./], "https://api.example/")).toBe(true);
});

test("a RegExp is tried on the whole address, and stays as it was", () => {
  const pattern = /\/api\//g;
  pattern.lastIndex = 7;
  expect(matches([pattern], "https://other.example/api/1")).toBe(true);
  expect(matches([pattern], "https://other.example/web/1")).toBe(false);
  expect(pattern.lastIndex).toBe(7);
});

test.each([
  ["!/export", "https://shop.example/export", false],
  ["!/export", "https://shop.example/export?id=1", false],
  ["!/files/", "https://shop.example/files/a/b", false],
  ["!/files/", "https://shop.example/files", true],
  ["!/files/", "https://shop.example/a?b=/files/", true],
  ["!/files/", "https://api.example/files/a", false],
])("same-origin, api.example and %s, %s: %s", (excluded, url, expected) => {
  expect(matches(["same-origin", "https://api.example", excluded], url)).toBe(expected);
  expect(matches([excluded, /example/], url)).toBe(expected);
});

test("nothing matches an empty list, or one that only excludes", () => {
  expect(matches([], "https://shop.example/")).toBe(false);
  expect(matches(["!/files/"], "https://shop.example/")).toBe(false);
});
