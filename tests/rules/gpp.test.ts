// Tests an opt-out that the consent platform reports, for each value of the adapter's option.

import { afterEach, expect, test, vi } from "vitest";
import { follow, type GppOptions } from "../../src/shell/browser/consent/gpp.ts";
import type { Bridge } from "../../src/shell/browser/start.ts";

afterEach(() => vi.unstubAllGlobals());

/** Returns the calls to the bridge and to the pixel for a visitor who opted out. */
function optedOut(options: object) {
  const pixel: unknown[][] = [];
  const said: string[] = [];
  const ping = { signalStatus: "ready", parsedSections: { usnat: { SaleOptOut: 1 } } };
  vi.stubGlobal("window", {
    fbq: (...call: unknown[]) => pixel.push(call),
    __gpp: (command: string, callback: (ping: object, success: boolean) => void) =>
      command === "ping" && callback(ping, true),
  });
  follow({ setConsent: (word: string) => said.push(word) } as unknown as Bridge, options as GppOptions);
  return { said, pixel };
}

test("without one it denies", () => expect(optedOut({})).toEqual({ said: ["denied"], pixel: [] }));

test("limit grants for limited data use", () =>
  expect(optedOut({ optOut: "limit" })).toEqual({
    said: ["granted"],
    pixel: [["dataProcessingOptions", ["LDU"], 0, 0]],
  }));

test("a misspelt one is no permission, and is said once", () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  expect(optedOut({ optOut: "limt" })).toEqual({ said: ["denied"], pixel: [] });
  expect(optedOut({ optOut: "limt" }).said).toEqual(["denied"]);
  expect(warned).toHaveBeenCalledOnce();
  expect(warned.mock.calls[0]?.[0]).toContain("optOut: expected deny, limit");
  warned.mockRestore();
});
