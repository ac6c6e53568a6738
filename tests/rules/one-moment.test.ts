// Tests which of two pushes tells the moment of an earlier one.

import { describe, expect, test } from "vitest";
import { type Heard, isSecond, momentOf, vocabularyOf } from "../../src/shell/browser/rules/one-moment.ts";

/** Returns for each push whether it is a second one. A push is its element, Meta's event and its time. */
const seconds = (...pushes: [pushed: unknown, name: string, parameters: object, millis: number][]) => {
  const heard: Heard[] = [];
  return pushes.map(([pushed, name, parameters, millis]) =>
    isSecond(heard, { vocabulary: vocabularyOf(pushed), moment: momentOf(name, parameters), millis }),
  );
};

const TEE = { content_ids: ["34"], value: 19.9 };
const OLD = (event: string) => ({ event: `gtm4wp.${event}EEC` });

describe("one moment in two vocabularies is one event", () => {
  test.each([
    ["AddToCart", OLD("addProductToCart"), { event: "add_to_cart" }, TEE],
    ["AddToCart", { event: "add_to_cart" }, OLD("addProductToCart"), TEE],
    ["ViewContent", OLD("productClick"), { event: "view_item" }, TEE],
    ["InitiateCheckout", OLD("checkoutOption"), { event: "begin_checkout" }, TEE],
    ["AddPaymentInfo", OLD("checkoutStep"), { event: "add_payment_info" }, TEE],
    ["Purchase", OLD("orderCompleted"), { event: "purchase" }, { ...TEE, order_id: 7 }],
    ["RemoveFromCart", OLD("removeFromCart"), { event: "remove_from_cart" }, TEE],
    ["AddToCart", ["event", "add_to_cart", {}], { event: "add_to_cart" }, TEE],
    ["Lead", ["event", "generate_lead"], { event: "generate_lead" }, {}],
  ])("%s", (name, one, other, parameters) => {
    expect(seconds([one, name, parameters, 0], [other, name, parameters, 10])).toEqual([false, true]);
  });

  test("the number and the text of an order are the same", () => {
    const [one, other] = [{ order_id: 7 }, { order_id: "7", content_ids: ["A"] }];
    const pushes = [OLD("orderCompleted"), { event: "purchase" }];
    expect(seconds([pushes[0], "Purchase", one, 0], [pushes[1], "Purchase", other, 0])).toEqual([
      false,
      true,
    ]);
  });
});

describe("other moments are events of their own", () => {
  const [old, plain] = [OLD("addProductToCart"), { event: "add_to_cart" }];

  test("two clicks, each in two vocabularies, are two", () => {
    const times = [old, plain, old, plain].map((push, at) => [push, "AddToCart", TEE, at] as const);
    expect(seconds(...times.map((each) => [...each] as [unknown, string, object, number]))).toEqual([
      false,
      true,
      false,
      true,
    ]);
    const crossed = [old, old, plain, plain].map((push, at) => [push, "AddToCart", TEE, at] as const);
    expect(seconds(...crossed.map((each) => [...each] as [unknown, string, object, number]))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test.each([
    ["the same vocabulary", plain, "AddToCart", TEE, 10],
    ["another product", old, "AddToCart", { content_ids: ["35"] }, 10],
    ["another event", old, "AddToWishlist", TEE, 10],
    ["more than two seconds later", old, "AddToCart", TEE, 2_001],
  ])("%s", (_, pushed, name, parameters, millis) => {
    expect(seconds([plain, "AddToCart", TEE, 0], [pushed, name, parameters, millis])).toEqual([false, false]);
  });
});
