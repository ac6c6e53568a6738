// Tests the hashing of customer information in a page, with the vectors of the native tests.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { call, instantiate } from "../../src/shell/browser/binding.ts";
import { hashes as hash, type Hashes } from "../../src/shell/browser/customer.ts";
import { named, type ReferenceRow, type RuleRow, vectors } from "../support/vectors.ts";

instantiate();

/** Returns the hashes that a page has once all values are hashed. */
const hashes = async (values: Record<string, unknown>, country?: string) => {
  let last: Hashes = {};
  await hash({ country, ...values }, (found) => (last = found), call);
  return last;
};
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("a page hashes as the native build does", () => {
  test.each(named(vectors<ReferenceRow>("customer/reference.json")))("Meta's own: %s", async (_, row) => {
    const found = await hashes({ [row.field]: row.raw }, row.country);
    expect(found[row.field]?.[row.at ?? 0]).toBe(row.hash);
  });

  // A page uses the current year. The native tests run the rows about another year.
  const rules = vectors<RuleRow>("customer/rules.json").filter(
    (row) => row.thisYear === undefined && row.code !== "already_hashed",
  );
  test("most rules are about pages", () => expect(rules.length).toBeGreaterThan(400));

  test.each(named(rules))("by rule: %s", async (_, row) => {
    const found = await hashes({ [row.field]: row.raw }, row.country);
    expect(found[row.field]).toEqual(row.normalized?.map(sha256));
  });
});

test("a list's values come together, none twice, and what is no field is left out", async () => {
  const found = await hashes({
    em: ["a@x.example", " A@X.EXAMPLE ", "b@x.example", null],
    town: "Rome",
    ph: undefined,
  });
  expect(found).toEqual({ em: ["a@x.example", "b@x.example"].map(sha256) });
});

test("what is hashed already is passed on", async () => {
  const hashed = sha256("jane@example.com");
  expect(await hashes({ em: hashed.toUpperCase() })).toEqual({ em: [hashed] });
});

test("a value that needs a list of words waits for it, the others do not", async () => {
  const told: Hashes[] = [];
  await hash(
    { em: "jane@example.com", country: "Canada", st: "Ontario", ge: "weiblich" },
    (found) => void told.push(found),
    call,
  );
  expect(told[0]?.["em"]).toEqual([sha256("jane@example.com")]);
  expect(told.at(-1)).toEqual({
    em: [sha256("jane@example.com")],
    country: [sha256("ca")],
    st: [sha256("on"), sha256("ontario")],
    ge: [sha256("f")],
  });
});

test("a value that is far too long is left out before anything looks through it", async () => {
  const spaces = " ".repeat(200_000);
  expect(await hashes({ em: `a${spaces}a`, fn: "Jane" })).toEqual({ fn: [sha256("jane")] });
});
