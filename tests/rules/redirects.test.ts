// Tests the handling of a failed request that carried our headers.

import { describe, expect, test, vi } from "vitest";
import { leavingAlone } from "../../src/shell/browser/deferred/alone.ts";
import { isSafe, mayBeOurs } from "../../src/shell/browser/rules/redirects.ts";

test.each([
  [undefined, true],
  ["GET", true],
  ["get", true],
  ["HEAD", true],
  ["POST", false],
  ["PUT", false],
  ["DELETE", false],
  ["PATCH", false],
  ["OPTIONS", false],
  ["TARGET", false],
])("%s may be sent twice: %s", (method, expected) => expect(isSafe(method)).toBe(expected));

test.each([
  ["TypeError", undefined, true],
  ["TypeError", {}, true],
  ["TypeError", { redirect: "follow", integrity: "" }, true],
  ["TypeError", { redirect: "error" }, false],
  ["TypeError", { redirect: "manual" }, false],
  ["TypeError", { integrity: "sha256-AAAA" }, false],
  ["AbortError", undefined, false],
  ["TimeoutError", undefined, false],
] as const)("%s of a request with %j may be ours: %s", (name, options, expected) =>
  expect(mayBeOurs(name, options)).toBe(expected),
);

describe("a request that failed", () => {
  const ERROR = new TypeError("Failed to fetch");
  const failed = (method: string | undefined, again: () => unknown) => {
    const alone = new Set<string>();
    return { alone, answer: leavingAlone(alone).failed(ERROR, "/export", { method: method! }, again) };
  };

  test("is sent once more, and its path is left alone", async () => {
    const again = vi.fn(() => Promise.resolve("answer"));
    const { alone, answer } = failed(undefined, again);
    expect(await answer).toBe("answer");
    expect(again).toHaveBeenCalledOnce();
    expect([...alone]).toEqual(["/export"]);
  });

  test("fails as before where it was not our fault, and its path is not left alone", async () => {
    const { alone, answer } = failed("HEAD", () => Promise.reject(new TypeError("offline")));
    await expect(answer).rejects.toThrow("offline");
    expect([...alone]).toEqual([]);
  });

  test("is never sent again if it may change something, but its path is left alone", async () => {
    const again = vi.fn();
    const { alone, answer } = failed("POST", again);
    await expect(answer).rejects.toBe(ERROR);
    expect(again).not.toHaveBeenCalled();
    expect([...alone]).toEqual(["/export"]);
  });
});

test("the paths are kept for the next pages of the tab", () => {
  const sessionStorage: Record<string, string> = {};
  vi.stubGlobal("sessionStorage", sessionStorage);
  leavingAlone(new Set(["/a"])).leave("/b");
  expect(sessionStorage).toEqual({ "capi-bridge.left-alone": '["/a","/b"]' });
  const next = new Set<string>();
  leavingAlone(next);
  expect([...next]).toEqual(["/a", "/b"]);
  vi.unstubAllGlobals();
});
