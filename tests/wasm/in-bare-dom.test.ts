// @vitest-environment jsdom
// Importing and starting the library in a simulated page without `TextEncoder`, `TextDecoder` and `fetch`, which is what
// Jest gives with jsdom.

import { afterAll, beforeAll, expect, test, vi } from "vitest";

const LACKING = ["TextEncoder", "TextDecoder", "fetch", "origin"] as const;

const kept = LACKING.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
beforeAll(() => {
  for (const name of LACKING) Reflect.deleteProperty(globalThis, name);
});
afterAll(() => {
  for (const [name, property] of kept) if (property) Object.defineProperty(globalThis, name, property);
});

test("the library is imported and started there without an error, and says once why it does nothing", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  try {
    expect(LACKING.filter((name) => name in globalThis)).toEqual([]);
    const library = (await import(
      /* @vite-ignore */ "../../dist/index.js" as string
    )) as typeof import("../../src/shell/browser/index.ts");
    await import(/* @vite-ignore */ "../../dist/datalayer.js" as string);
    const bridge = library.start({ datasets: ["1234567890"] });
    expect(bridge.identifiers()).toEqual({});
    expect(bridge.track("Lead").eventId).toBe("");
    bridge.stop();
    expect(warned.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringContaining("no WebAssembly"),
    ]);
  } finally {
    warned.mockRestore();
  }
});
