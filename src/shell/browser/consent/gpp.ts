// Follows an IAB GPP consent platform: the sections for US states, through `__gpp`.

import type { Bridge } from "../start.ts";
import { warn } from "../warn.ts";
import { whenThere } from "./when-there.ts";

/** The options of `follow()`. */
export interface GppOptions {
  /**
   * The effect of an opt-out. `"deny"` sends nothing. `"limit"` sends both copies for limited data use
   * (`["LDU"], 0, 0`), and tells the pixel, too. Default `"deny"`.
   */
  optOut?: "deny" | "limit";
}

/** The state that `__gpp` reports. */
export interface GppPing {
  signalStatus?: "ready" | "not ready";
  /** The fields of each section, such as `usnat` or `usca`: an object, or a list of objects. */
  parsedSections?: Record<string, unknown>;
}

/** The fields of an opt-out. The value 1 means that the visitor opted out. */
const OPT_OUTS = ["SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut"];

/**
 * Follows a GPP consent platform in the sections of the US. Start the bridge with `consent: "pending"`; it
 * stays so until the platform is ready. For the European section use `capi-bridge/consent/tcf`.
 *
 * ```ts
 * follow(start({ consent: "pending" }), { optOut: "limit" });
 * ```
 */
export function follow(bridge: Bridge, { optOut = "deny" }: GppOptions = {}): void {
  if (!["deny", "limit"].includes(optOut)) warn("GPP: optOut: expected deny, limit. Until then it is deny.");
  const settle = (ping: GppPing | undefined) => {
    if (ping?.signalStatus !== "ready") return;
    const optedOut = Object.entries(ping.parsedSections ?? {})
      .filter(([section]) => section.startsWith("us"))
      .flatMap(([, parts]) => [parts].flat() as Record<string, unknown>[])
      .some((part) => part["Gpc"] === true || OPT_OUTS.some((field) => part[field] === 1));
    const isLimit = optOut === "limit";
    if (optedOut && isLimit) {
      const { fbq } = window as unknown as { fbq?: (...call: unknown[]) => void };
      fbq?.("dataProcessingOptions", ["LDU"], 0, 0);
    }
    // An unknown `optOut` denies.
    bridge.setConsent(optedOut && !isLimit ? "denied" : "granted");
  };
  whenThere("__gpp", (api) => {
    api("addEventListener", (event: { pingData?: GppPing } | null, success: boolean) => {
      if (success) settle(event?.pingData);
    });
    // A platform that was ready earlier sends no event. Ask it once.
    api("ping", (ping: GppPing | null) => settle(ping ?? undefined));
  });
}
