// Tests what the pixel and the browser say about consent.

import { expect, test } from "vitest";
import { afterPixel, CONSENTS, isLimit } from "../../src/shell/browser/rules/consent.ts";

test.each([
  ["granted", "revoke", "pending"],
  ["pending", "revoke", "pending"],
  ["pending", "grant", "granted"],
  ["granted", "grant", "granted"],
  // A denial by the page stays.
  ["denied", "grant", "denied"],
  ["denied", "revoke", "denied"],
  // An unknown word of the page holds events until the page says a known one.
  ["maybe", "grant", "maybe"],
  // All but a grant is no permission.
  ["granted", "Grant", "pending"],
  ["granted", undefined, "pending"],
])("%s, and the pixel hears %s: %s", (consent, word, after) => expect(afterPixel(consent, word)).toBe(after));

test("the words of a page", () => expect(CONSENTS).toEqual(["granted", "pending", "denied"]));

test.each([
  [true, "limit", true],
  [true, undefined, false],
  [true, "deny", false],
  [true, "Limit", false],
  [false, "limit", false],
  [undefined, "limit", undefined],
])("Global Privacy Control %s with the setting %s limits: %s", (isSet, setting, limits) =>
  expect(isLimit(isSet, setting)).toBe(limits),
);
