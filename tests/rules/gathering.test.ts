// Tests the time that an event may wait for others.

import { expect, test } from "vitest";
import { gatherMillis } from "../../src/shell/browser/rules/gathering.ts";

test.each(["Purchase", "Lead", "CompleteRegistration", "Subscribe", "StartTrial"])(
  "a conversion goes at once (%s)",
  (name) => expect(gatherMillis(name)).toBe(50),
);

test.each([
  "PageView",
  "ViewContent",
  "Search",
  "AddToCart",
  "Scroll 50%",
  "purchase",
  "LeadMagnetShown",
  "",
])("browsing waits half a second for more of it (%s)", (name) => expect(gatherMillis(name)).toBe(500));
