// Follows Google Consent Mode v2, as the page reports it through `dataLayer`.

import type { Bridge } from "../start.ts";

/** Facts about the visitor that `dataLayer` does not have. */
export interface GoogleConsentOptions {
  /**
   * The visitor's region, such as `"DE"` or `"US-CA"`. A default for other regions is ignored.
   * Default: the defaults for all regions count, and a denial for any region counts.
   */
  region?: string;
}

type State = Partial<Record<string, string>>;

/** The consents that must both be granted. `ad_user_data` is new in v2 and may be missing. */
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
      // The visitor's region is unknown: a denial for one region stays until an update.
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

/** Returns true if a default for `region` covers the region of the visitor: `US` covers `US-CA`. */
function covers(region: string, visitor: string): boolean {
  return visitor === region || visitor.startsWith(`${region}-`);
}
