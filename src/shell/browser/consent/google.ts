// Google Consent Mode v2: what the page tells Google's tags through `dataLayer`, the bridge follows.

import type { Bridge } from "../start.ts";

/** What the page knows that `dataLayer` does not say. */
export interface GoogleConsentOptions {
  /**
   * Where the visitor is, `"DE"` or `"US-CA"`: of the defaults for a region, only that one's are heard.
   * Default: all are, and a denial counts wherever the visitor is.
   */
  region?: string;
}

type State = Partial<Record<string, string>>;

/** Both are needed: storage for ads, and user data sent for ads. The second is new in v2 and may be missing. */
const NEEDED = ["ad_storage", "ad_user_data"];

/**
 * Follows Google's consent mode. Start the bridge with `consent: "pending"`; a default of `denied` leaves it
 * pending, an update settles it.
 *
 * ```ts
 * import { start } from "capi-bridge";
 * import { follow } from "capi-bridge/consent/google";
 *
 * follow(start({ consent: "pending" }));
 * ```
 */
export function follow(bridge: Bridge, { region }: GoogleConsentOptions = {}): void {
  const page = window as unknown as { dataLayer?: unknown[] };
  const layer = (page.dataLayer ??= []);
  const state: State = {};
  let updated = false;

  const hear = (pushed: unknown) => {
    // gtag() pushes its `arguments`.
    const [command, kind, said] = Array.from((pushed as ArrayLike<unknown> | null) ?? []) as unknown[];
    if (command !== "consent" || typeof said !== "object" || said === null) return;
    const { region: regions, ...words } = said as State & { region?: string | string[] };
    if (kind === "update") updated = true;
    else if (
      regions !== undefined &&
      region !== undefined &&
      ![regions].flat().some((each) => covers(each, region))
    )
      return;
    for (const name of NEEDED) {
      const word = words[name];
      // Defaults of unknown regions add up: a denial stays until an update.
      const stays = kind === "default" && regions !== undefined && region === undefined && word === "granted";
      if (word !== undefined && !(stays && state[name] === "denied")) state[name] = word;
    }
    if (state["ad_storage"] === undefined) return;
    const granted = NEEDED.every((name) => (state[name] ?? "granted") === "granted");
    bridge.setConsent(granted ? "granted" : updated ? "denied" : "pending");
  };

  layer.forEach(hear);
  const push = layer.push;
  layer.push = function (...pushed) {
    const length = push.apply(this, pushed);
    pushed.forEach(hear);
    return length;
  };
}

/** Whether a default for `DE` or `US-CA` is for a visitor there. */
function covers(region: string, visitor: string): boolean {
  return visitor === region || visitor.startsWith(`${region}-`);
}
