// Tests which id an event has, and which events are sent once.

import { expect, test, vi } from "vitest";
import { idOf, textOf } from "../../src/shell/browser/rules/event-ids.ts";

const makeId = (name: string, orderId?: string) => (orderId ? `${name}:${orderId}` : "random");

test.each([
  ["the caller's", "given", "prepared", "7", "given"],
  ["else the prepared one", undefined, "prepared", "7", "prepared"],
  ["else the order's", undefined, undefined, "7", "Lead:7"],
  ["else a random one", undefined, undefined, undefined, "random"],
])("the id is %s", (_, given, prepared, order, id) =>
  expect(idOf("Lead", given, prepared, order, makeId)).toEqual([id, false]),
);

test("an id is made only if there is none", () => {
  const made = vi.fn(makeId);
  idOf("Lead", "given", undefined, undefined, made);
  idOf("Lead", undefined, "prepared", undefined, made);
  expect(made).not.toHaveBeenCalled();
});

test.each([
  ["its order", "given", undefined, "7", "Purchase:7"],
  ["its own id", "given", undefined, undefined, "given"],
  ["the id that was prepared", undefined, "prepared", undefined, "prepared"],
  ["nothing, so each is sent", undefined, undefined, undefined, undefined],
])("a Purchase is sent once by %s", (_, given, prepared, order, once) =>
  expect(idOf("Purchase", given, prepared, order, makeId)[1]).toBe(once),
);

test.each(["Lead", "purchase", "PurchaseComplete"])("%s is sent each time, also with an order", (name) =>
  expect(idOf(name, "given", undefined, "7", makeId)[1]).toBe(false),
);

test.each([
  ["a", "a"],
  [7, "7"],
  [0, "0"],
  ["", undefined],
  [undefined, undefined],
  [null, undefined],
  [true, undefined],
  [{}, undefined],
])("the text of %j is %j", (value, text) => expect(textOf(value)).toBe(text));
