// Tests the names of Meta's standard events, as Meta's "Specifications for Meta Pixel standard events" lists them.

import { expect, test } from "vitest";
import { isConversion, isStandard } from "../../src/shell/browser/rules/standard-events.ts";

const CONVERSIONS = [
  "CompleteRegistration",
  "Contact",
  "Lead",
  "Purchase",
  "Schedule",
  "StartTrial",
  "SubmitApplication",
  "Subscribe",
];
const OTHERS = [
  "AddPaymentInfo",
  "AddToCart",
  "AddToWishlist",
  "CustomizeProduct",
  "Donate",
  "FindLocation",
  "InitiateCheckout",
  "PageView",
  "Search",
  "ViewContent",
];
const CUSTOM = [
  "purchase",
  "LeadMagnetShown",
  "MyLead",
  "MyPageView",
  "AddTo",
  "AddToCartLater",
  "Resubscribe",
  "Scroll 50%",
  "",
];

test.each(CONVERSIONS)("%s is a standard event and a conversion", (name) => {
  expect([isStandard(name), isConversion(name)]).toEqual([true, true]);
});

test.each(OTHERS)("%s is a standard event and no conversion", (name) => {
  expect([isStandard(name), isConversion(name)]).toEqual([true, false]);
});

test.each(CUSTOM)("%j is neither", (name) => {
  expect([isStandard(name), isConversion(name)]).toEqual([false, false]);
});
