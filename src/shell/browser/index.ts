// The ES module: `import { start } from "capi-bridge"`.

import type { Settings } from "./settings.ts";
import { type Bridge, run } from "./start.ts";
import { warn } from "./warn.ts";

/**
 * Starts the bridge: from now on every `fbq` call carries an event id and has a server copy, and
 * requests to the page's own origin carry the identifiers.
 *
 * Never throws. If it cannot work (no WebAssembly, no document), it does nothing and logs one warning. A
 * second call returns the bridge that already runs.
 *
 * ```ts
 * import { start } from "capi-bridge";
 *
 * const bridge = start({ endpoint: "/bridge", datasets: ["1234567890"] });
 * bridge.identifiers(); // { fbp: "fb.1.1790000000000.1073741823" }
 * ```
 */
export function start(settings: Settings = {}): Bridge {
  if (typeof document === "undefined") {
    warn("start() belongs in a browser.");
    return NOWHERE;
  }
  return run(settings, () => import("./deferred.ts"));
}

/** The bridge without a document, as in a server that renders pages. It does nothing. */
const NOWHERE: Bridge = {
  identifiers: () => ({}),
  track: () => ({ eventId: "" }),
  prepare: () => "",
  identify: () => undefined,
  carry: () => ({}),
  setConsent: () => undefined,
  stop: () => undefined,
};

declare global {
  interface Window {
    /** The running bridge, of `start()` or of the script tag. */
    capiBridge?: Bridge;
  }
}

export type { Tracked } from "./mirror.ts";
export type { Customer, EventParameters } from "./record.ts";
export type { Consent, Settings } from "./settings.ts";
export type { Bridge } from "./start.ts";
export type { Identifiers } from "./visitor.ts";
