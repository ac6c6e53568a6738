// Tests the consent after each command of Google's consent mode.

import { afterEach, expect, test, vi } from "vitest";
import { follow } from "../../src/shell/browser/consent/google.ts";
import type { Bridge } from "../../src/shell/browser/start.ts";

afterEach(() => vi.unstubAllGlobals());

const consent = (kind: string, word: string, more: object = {}) => [
  ...["consent", kind],
  { ad_storage: word, ad_user_data: word, ...more },
];

/** Returns the words for the bridge, for commands before and after the adapter. */
function said(before: unknown[], after: unknown[] = [], region?: string) {
  const words: string[] = [];
  const page = { dataLayer: [...before] };
  vi.stubGlobal("window", page);
  follow(
    { setConsent: (word: string) => words.push(word) } as unknown as Bridge,
    region === undefined ? {} : { region },
  );
  for (const each of after) page.dataLayer.push(each);
  return words;
}

test("a default that denies is no answer yet, an update is", () => {
  const commands = [consent("default", "denied"), consent("update", "granted"), consent("update", "denied")];
  expect(said(commands)).toEqual(["pending", "granted", "denied"]);
  expect(said([], commands)).toEqual(["pending", "granted", "denied"]);
});

test("a default that grants counts", () =>
  expect(said([consent("default", "granted")])).toEqual(["granted"]));

test("both consents must be granted; ad_user_data may be missing", () => {
  expect(said([["consent", "update", { ad_storage: "granted" }]])).toEqual(["granted"]);
  expect(said([["consent", "update", { ad_storage: "granted", ad_user_data: "denied" }]])).toEqual([
    "denied",
  ]);
  expect(said([["consent", "update", { ad_user_data: "granted" }]])).toEqual([]);
});

test("other elements of the layer say nothing", () =>
  expect(
    said([{ event: "gtm.js" }, null, undefined, 7, "consent", ["consent"], ["consent", "update", null]]),
  ).toEqual([]));

test("a default for regions is for visitors there", () => {
  const commands = [consent("default", "granted"), consent("default", "denied", { region: ["DE", "US-CA"] })];
  expect(said(commands, [], "DE").at(-1)).toBe("pending");
  expect(said(commands, [], "US-CA").at(-1)).toBe("pending");
  expect(said(commands, [], "US-NY").at(-1)).toBe("granted");
  expect(said([consent("default", "denied", { region: "US" })], [], "US-CA")).toEqual(["pending"]);
});

test("without a region, a denial for any of them stays until an update", () => {
  const commands = [
    consent("default", "denied", { region: ["DE"] }),
    consent("default", "granted", { region: ["FR"] }),
  ];
  expect(said(commands).at(-1)).toBe("pending");
  expect(said(commands, [consent("update", "granted")]).at(-1)).toBe("granted");
});
