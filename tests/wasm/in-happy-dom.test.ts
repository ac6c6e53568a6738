// @vitest-environment happy-dom
// Importing and starting the library in happy-dom throws nothing and prints nothing.

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
    // Nothing leaves: no one has consented.
    const bridge = library.start({ datasets: ["1234567890"], consent: "denied" });
    expect(bridge.identifiers()).toEqual({});
    bridge.setConsent("pending");
    expect(bridge.track("Purchase", { value: 1, currency: "EUR" }, { orderId: "1001" }).eventId).toBe(
      "6e4c78d82a753cc5ca23e87024551922",
    );
    bridge.identify({ email: "jane@example.com" });
    bridge.stop();
    // The deferred part is imported in a task of its own.
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
