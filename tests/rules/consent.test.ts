// Tests the consent after a command of the pixel.

import { expect, test } from "vitest";
import { afterPixel, CONSENTS } from "../../src/shell/browser/rules/consent.ts";

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
  // Any word but "grant" revokes.
  ["granted", "Grant", "pending"],
  ["granted", undefined, "pending"],
])("%s, and the pixel hears %s: %s", (consent, word, after) => expect(afterPixel(consent, word)).toBe(after));

test("the words of a page", () => expect(CONSENTS).toEqual(["granted", "pending", "denied"]));
