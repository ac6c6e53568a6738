// Tests that rules decide and do nothing else: they use no part of the page, no clock and no random source.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FOLDER = new URL("../../src/shell/browser/rules/", import.meta.url);
const EFFECTS =
  /\b(document|window|globalThis|navigator|localStorage|sessionStorage|console|performance|crypto)\b[.[(]|\b(fetch|setTimeout|setInterval)\(|(?<!\.)\blocation\.|Date\.now|new Date|Math\.random/;
const rules = readdirSync(FOLDER);

test("there are rules", () => expect(rules.length).toBeGreaterThan(15));

test.each(rules)("%s", (name) => {
  // Comments may name what rules do not use.
  const text = readFileSync(new URL(name, FOLDER), "utf8").replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
  expect(EFFECTS.exec(text)?.[0]).toBeUndefined();
  // Other folders give types alone.
  const imports = [...text.matchAll(/^import (?!type )[^"]*"([^"]+)"/gm)].map(([, from]) => from);
  expect(imports.filter((from) => !from!.startsWith("./"))).toEqual([]);
});
