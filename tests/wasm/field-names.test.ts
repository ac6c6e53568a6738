// Tests that no documented key of `identify()` gets a warning.

import { expect, test } from "vitest";
import { FIELDS } from "../../src/shell/browser/customer.ts";
import { aboutCustomer } from "../../src/shell/browser/rules/mistakes.ts";

test("every documented key is known", () => {
  const names = FIELDS.flat();
  expect(names).toContain("email");
  expect(aboutCustomer(Object.fromEntries(names.map((name) => [name, "x"])), names)).toEqual([]);
});
