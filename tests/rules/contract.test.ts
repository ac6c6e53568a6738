// Tests that the parts of the page's script understand each other, also across versions: a page that loaded before a
// deploy may load a later part of the new version.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const browser = (path: string) => read(`src/shell/browser/${path}`);

/** Returns the members of an interface: their names, and true for those that are optional. */
function members(source: string, name: string): [name: string, isOptional: boolean][] {
  const [, body = ""] = new RegExp(`interface ${name}\\b[^{]*{\\n([^]*?)\\n}`).exec(source) ?? [];
  const found = [...body.matchAll(/^ {2}(\w+)(\??)[:(<]/gm)];
  return found.map(([, member, mark]): [string, boolean] => [member!, mark === "?"]);
}
const required = (name: string) =>
  members(browser("contract.ts"), name).flatMap(([member, isOptional]) => (isOptional ? [] : [member]));

test.each([
  [
    "Page",
    ["settings", "ownFetch", "visitor", "granted", "follows", "done", "limited", "bridge", "callWasm"],
  ],
  ["Delivery", ["page", "stored", "flying", "pausedUntil", "send", "adopt"]],
])("the earlier part gives what it always gave: a new member of %s is optional", (name, expected) => {
  expect(required(name)).toEqual(expected);
});

test.each([
  ["Deferred", ["take", "resume", "forget", "failed"]],
  ["Retry", ["decide", "schedule", "online", "lookFor", "note"]],
  ["Customers", ["identify", "of", "forget"]],
])("the later part can do what it always could: no member of %s goes", (name, expected) => {
  expect(required(name)).toEqual(expect.arrayContaining(expected));
});

const [, list = ""] = /\.\.\.inShort\(([^]*?)\n {2}\),/.exec(read("xtask/bundle.mjs")) ?? [];
const short = [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name!);

test("a short name stays what it was: new ones are at the end", () => {
  expect(short.slice(0, 26).join(" ")).toBe(
    "granted limited follows visitor ownFetch fieldsFor bridge take resume forget mirrors keepsCookies tell upcoming " +
      "idOf callWasm alone failed addFields flying pausedUntil kept taken adopt decide schedule",
  );
  expect(new Set(short).size).toBe(short.length);
  expect(short.length).toBeLessThanOrEqual(52);
});

test("no short name is one that a page uses, that is stored or sent, or that a part exports", () => {
  const known = [
    ...members(browser("bridge.ts"), "Bridge"),
    ...members(browser("settings.ts"), "Settings"),
    ...members(browser("record.ts"), "Recorded"),
    ...members(browser("deferred/page-event.ts"), "PageEvent"),
    ...members(browser("deferred/stored.ts"), "Stored"),
    ...members(browser("visitor.ts"), "Identifiers"),
  ].map(([name]) => name);
  expect(known.length).toBeGreaterThan(30);
  const parts = ["start.ts", "deferred.ts", "retry.ts", "customers.ts", "problems.ts", "customer.ts"];
  const exported = parts.flatMap((part) =>
    [...browser(part).matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map(([, name]) => name!),
  );
  expect(exported).toEqual(expect.arrayContaining(["defer", "retries", "customers", "answered"]));
  expect(short.filter((name) => known.includes(name) || exported.includes(name))).toEqual([]);
});

test("no short name is a property in the files that are only bundled with the parts", () => {
  // Their properties are the host's, the page's or WebAssembly's.
  const files = ["customer.ts", "binding.ts", "engine.ts", "pixel.ts", "visitor.ts", "warn.ts"];
  for (const folder of ["consent", "datalayer", "segment"]) {
    const names = readdirSync(new URL(`../../src/shell/browser/${folder}/`, import.meta.url));
    files.push(...names.map((name) => `${folder}/${name}`));
  }
  const property = new RegExp(`\\.(${short.join("|")})\\b(?!\\.ts)`);
  for (const file of files) {
    // Comments may name anything.
    const text = browser(file).replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
    expect(property.exec(text)?.[0], file).toBeUndefined();
  }
});
