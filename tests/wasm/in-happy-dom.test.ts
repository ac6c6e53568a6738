// @vitest-environment happy-dom
// Importing the library in happy-dom throws nothing and prints nothing. Starting it prints one warning, because happy-dom
// has no global `origin`: tests there use the fake.

import { expect, test, vi } from "vitest";

const METHODS = ["log", "info", "warn", "error", "debug"] as const;

test("the library is silent in happy-dom", async () => {
  const printed: unknown[][] = [];
  for (const method of METHODS) {
    vi.spyOn(console, method).mockImplementation((...words: unknown[]) => void printed.push(words));
  }
  try {
    const library = (await import(
      /* @vite-ignore */ "../../dist/index.js" as string
    )) as typeof import("../../src/shell/browser/index.ts");
    await import(/* @vite-ignore */ "../../dist/datalayer.js" as string);
    await import(/* @vite-ignore */ "../../dist/segment.js" as string);
    expect(typeof library.start).toBe("function");
    // An import may print in a later task.
    await new Promise((done) => setTimeout(done, 100));
  } finally {
    vi.restoreAllMocks();
  }
  expect(printed).toEqual([]);
});

test("so is the fake in its place", async () => {
  vi.doMock("capi-bridge", () => import("../../src/shell/testing/fake.ts"));
  const { start } = (await import(
    "capi-bridge" as string
  )) as typeof import("../../src/shell/testing/fake.ts");
  const bridge = start();
  bridge.track("Lead");
  expect(bridge.tracked).toMatchObject([{ eventName: "Lead" }]);
  vi.doUnmock("capi-bridge");
});
