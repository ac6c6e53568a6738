// Tests the consent after an answer of a TCF consent platform.

import { afterEach, expect, test, vi } from "vitest";
import { follow, type TcData, type TcfOptions } from "../../src/shell/browser/consent/tcf.ts";
import type { Bridge } from "../../src/shell/browser/start.ts";

afterEach(() => vi.unstubAllGlobals());

/** Returns the words for the bridge after this answer of the platform. */
function said(data: TcData | null, options?: TcfOptions, success = true) {
  const words: string[] = [];
  vi.stubGlobal("window", {
    __tcfapi: (
      command: string,
      version: number,
      callback: (data: TcData | null, success: boolean) => void,
    ) => {
      expect([command, version]).toEqual(["addEventListener", 2]);
      callback(data, success);
    },
  });
  follow({ setConsent: (word: string) => words.push(word) } as unknown as Bridge, options);
  return words;
}

const all = { 1: true, 3: true, 4: true, 7: true };
const agreed = (consents: Record<number, boolean>): TcData => ({
  gdprApplies: true,
  eventStatus: "useractioncomplete",
  purpose: { consents },
});

test("consent is granted if GDPR does not apply", () =>
  expect(said({ gdprApplies: false, eventStatus: "cmpuishown" })).toEqual(["granted"]));

test("all purposes must have consent", () => {
  expect(said(agreed(all))).toEqual(["granted"]);
  for (const purpose of [1, 3, 4, 7]) expect(said(agreed({ ...all, [purpose]: false }))).toEqual(["denied"]);
  expect(said(agreed({}))).toEqual(["denied"]);
  expect(said({ gdprApplies: true, eventStatus: "tcloaded" })).toEqual(["denied"]);
});

test("while the platform asks, and without an answer, nothing is settled", () => {
  expect(said({ ...agreed(all), eventStatus: "cmpuishown" })).toEqual([]);
  expect(said(agreed(all), {}, false)).toEqual([]);
  expect(said(null)).toEqual([]);
});

test("a page names its own purposes, and a further condition", () => {
  expect(said(agreed({ 1: true }), { purposes: [1] })).toEqual(["granted"]);
  expect(said(agreed(all), { also: () => false })).toEqual(["denied"]);
  expect(
    said({ ...agreed(all), addtlConsent: "2~1.89" }, { also: (data) => data.addtlConsent !== undefined }),
  ).toEqual(["granted"]);
});
