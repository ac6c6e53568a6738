// Follows an IAB TCF v2 consent platform through `__tcfapi`.

import type { Bridge } from "../start.ts";
import { whenThere } from "./when-there.ts";

/** The options of `follow()`: the conditions of consent. */
export interface TcfOptions {
  /**
   * The purposes that need consent. Default `[1, 3, 4, 7]`: storage, a profile for ads, ads chosen by it,
   * measuring ads.
   */
  purposes?: number[];
  /**
   * A further condition, such as the platform's own consent for Meta. Default: none. Meta is not known to be
   * on IAB's vendor list, so there is no vendor id to check.
   */
  also?: (data: TcData) => boolean;
}

/** The data of a `__tcfapi` event. */
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
