// IAB TCF v2: what the consent platform knows by `__tcfapi`, the bridge follows.

import type { Bridge } from "../start.ts";
import { whenThere } from "./when-there.ts";

/** What the visitor has to have agreed to. */
export interface TcfOptions {
  /**
   * The purposes that need consent. Default `[1, 3, 4, 7]`: storage, a profile for ads, ads chosen by it,
   * measuring ads.
   */
  purposes?: number[];
  /**
   * What else must hold, such as the platform's own word on Meta. Default: nothing. Meta is not known to be on
   * IAB's list of vendors, so there is no vendor to ask for by number.
   */
  also?: (data: TcData) => boolean;
}

/** What `__tcfapi` says. */
export interface TcData {
  gdprApplies?: boolean;
  eventStatus?: "tcloaded" | "cmpuishown" | "useractioncomplete";
  purpose?: { consents?: Record<number, boolean> };
  /** Google's list of consented providers: `2~1.89.1000~dv.…`. */
  addtlConsent?: string;
}

/**
 * Follows a TCF consent platform. Start the bridge with `consent: "pending"`; it stays so while the platform
 * asks. Where GDPR does not apply, consent is granted.
 *
 * ```ts
 * follow(start({ consent: "pending" }), { purposes: [1, 3, 4, 7] });
 * ```
 */
export function follow(
  bridge: Bridge,
  { purposes = [1, 3, 4, 7], also = () => true }: TcfOptions = {},
): void {
  whenThere("__tcfapi", (api) =>
    api("addEventListener", 2, (data: TcData | null, success: boolean) => {
      if (!success || data === null) return;
      if (data.gdprApplies === false) bridge.setConsent("granted");
      else if (data.eventStatus === "tcloaded" || data.eventStatus === "useractioncomplete") {
        const agreed = purposes.every((purpose) => data.purpose?.consents?.[purpose] === true) && also(data);
        bridge.setConsent(agreed ? "granted" : "denied");
      }
    }),
  );
}
