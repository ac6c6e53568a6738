// IAB GPP: what the consent platform knows of the US states by `__gpp`, the bridge follows.

import type { Bridge } from "../start.ts";
import { warn } from "../warn.ts";
import { whenThere } from "./when-there.ts";

/** What an objection means. */
export interface GppOptions {
  /**
   * `"deny"` sends nothing of a visitor who opted out; `"limit"` sends both copies for limited data use
   * (`["LDU"], 0, 0`, told to the pixel, too). Default `"deny"`.
   */
  optOut?: "deny" | "limit";
}

/** What `__gpp` says of itself. */
export interface GppPing {
  signalStatus?: "ready" | "not ready";
  /** By section, such as `usnat` or `usca`: fields, or a list of them. */
  parsedSections?: Record<string, unknown>;
}

/** Fields with which a visitor opts out, each by 1. */
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
    // An unknown word is no permission.
    bridge.setConsent(optedOut && !isLimit ? "denied" : "granted");
  };
  whenThere("__gpp", (api) => {
    api("addEventListener", (event: { pingData?: GppPing } | null, success: boolean) => {
      if (success) settle(event?.pingData);
    });
    // A platform that was ready before us tells no change.
    api("ping", (ping: GppPing | null) => settle(ping ?? undefined));
  });
}
