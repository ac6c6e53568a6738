// The bridge on a page: what is wired to what.

import { attach } from "./attach/index.ts";
import { Delivery } from "./delivery.ts";
import { ready, safely } from "./engine.ts";
import { eventId } from "./event-id.ts";
import { Mirror } from "./mirror.ts";
import { hookPixel } from "./pixel.ts";
import type { Consent, Settings } from "./settings.ts";
import { type Identifiers, visitor } from "./visitor.ts";
import { warn } from "./warn.ts";

/** A running bridge. */
export interface Bridge {
  /** The visitor's identifiers as they are now; none before consent. */
  identifiers(): Identifiers;
  /** Settles what was pending, or withdraws it: nothing more is read, made or sent. */
  setConsent(consent: Consent): void;
  /** Makes every hook transparent, for good. */
  stop(): void;
}

const STARTED = Symbol.for("capi-bridge");

/**
 * Starts the bridge: from now on every `fbq` call carries an event id and has a server copy, and
 * requests to the page's own origin carry the identifiers.
 *
 * Never throws. Where it cannot work (no WebAssembly, no document) it does nothing and says so once
 * on the console. A second call returns the bridge that already runs.
 *
 * ```ts
 * import { start } from "capi-bridge";
 *
 * const bridge = start({ endpoint: "/bridge", datasets: ["1234567890"] });
 * bridge.identifiers(); // { fbp: "fb.1.1790000000000.1073741823" }
 * ```
 */
export function start(settings: Settings = {}): Bridge {
  let consent: Consent = settings.consent ?? "granted";
  let hooked = false;
  let stopped = false;
  const active = () => hooked && !stopped && consent === "granted";

  const begin = () => {
    if (hooked || stopped || consent !== "granted" || !ready()) return;
    hooked = true;
    safely(() => {
      visitor();
      const delivery = new Delivery(settings.endpoint ?? "/bridge", window.fetch);
      if (settings.pixel !== "off") {
        const mirror = new Mirror(settings.datasets, (dataset, event) => delivery.add(dataset, event));
        hookPixel((call) => (active() ? safely(() => mirror.call(call), call) : call));
      }
      attach(settings.attach?.to ?? ["same-origin"], () =>
        active() ? safely(() => ({ ...visitor(), eventId: eventId("") }), undefined) : undefined,
      );
    }, undefined);
  };

  const bridge: Bridge = {
    identifiers: () => (active() ? safely(visitor, {}) : {}),
    setConsent(changed) {
      consent = changed;
      begin();
    },
    stop() {
      stopped = true;
    },
  };

  if (typeof document === "undefined") {
    warn("there is no page here; start() belongs in a browser.");
    return bridge;
  }
  const page = window as unknown as { [STARTED]?: Bridge };
  if (page[STARTED]) return page[STARTED];
  page[STARTED] = bridge;
  // Global Privacy Control says no to what the bridge is for.
  if ((navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl) stopped = true;
  begin();
  return bridge;
}
