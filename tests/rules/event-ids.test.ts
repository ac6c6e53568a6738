// Tests the id of an event, and the key by which a Purchase is sent once.

import { expect, test, vi } from "vitest";
import { idOf, textOf } from "../../src/shell/browser/rules/event-ids.ts";

const makeId = (name: string, orderId?: string) => (orderId === undefined ? "random" : `${name}:${orderId}`);

test.each([
  ["the known one", "given", "7", "given"],
  ["else the order's", undefined, "7", "Lead:7"],
  ["else a random one", undefined, undefined, "random"],
])("the id is %s", (_, known, order, id) => expect(idOf("Lead", known, order, makeId)).toEqual([id, ""]));

test("an id is made only if none is known", () => {
  const made = vi.fn(makeId);
  idOf("Lead", "given", undefined, made);
  expect(made).not.toHaveBeenCalled();
});

test.each([
  ["its order", "given", "7", "Purchase:7"],
  ["its own id", "given", undefined, "given"],
  ["nothing, so each is sent", undefined, undefined, undefined],
])("a Purchase is sent once by %s", (_, known, order, once) =>
  expect(idOf("Purchase", known, order, makeId)[1]).toBe(once),
);

test.each(["Lead", "purchase", "PurchaseComplete"])("%s is sent each time, also with an order", (name) =>
  expect(idOf(name, "given", "7", makeId)[1]).toBe(""),
);

test.each([
  ["a", "a"],
  [7, "7"],
  [0, "0"],
  ["order-\ud83d", "order-\ufffd"],
  ["\ude00 \ud83d\ude00", "\ufffd \ud83d\ude00"],
  ["", undefined],
  [undefined, undefined],
  [null, undefined],
  [true, undefined],
  [{}, undefined],
])("the text of %j is %j", (value, text) => expect(textOf(value)).toBe(text));
