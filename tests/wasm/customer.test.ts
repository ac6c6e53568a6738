// The page's second part, over the vectors that the native tests run.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hashes } from "../../src/shell/browser/customer.ts";
import { named, type ReferenceRow, type RuleRow, vectors } from "../support/vectors.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("a page hashes as the native build does", () => {
  test.each(named(vectors<ReferenceRow>("customer/reference.json")))("Meta's own: %s", (_, row) => {
    const found = hashes({ [row.field]: row.raw }, row.country);
    expect(found[row.field]?.[row.at ?? 0]).toBe(row.hash);
  });

  // A page knows the year itself: rows about another one are the native tests' alone.
  const rules = vectors<RuleRow>("customer/rules.json").filter(
    (row) => row.thisYear === undefined && row.code !== "already_hashed",
  );
  test("most rules are about pages", () => expect(rules.length).toBeGreaterThan(400));

  test.each(named(rules))("by rule: %s", (_, row) =>
    expect(hashes({ [row.field]: row.raw }, row.country)[row.field]).toEqual(row.normalized?.map(sha256)),
  );
});

test("a list's values come together, none twice, and what is no field is left out", () => {
  const found = hashes({
    em: ["a@x.example", " A@X.EXAMPLE ", "b@x.example", null],
    city: "Rome",
    ph: undefined,
  });
  expect(found).toEqual({ em: ["a@x.example", "b@x.example"].map(sha256) });
});

test("what is hashed already is passed on", () => {
  const hashed = sha256("jane@example.com");
  expect(hashes({ em: hashed.toUpperCase() })).toEqual({ em: [hashed] });
});
