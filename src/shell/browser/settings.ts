// What a page may set.

/** How the bridge behaves on a page. */
export interface Settings {
  /** Where the worker answers, a path or an address. Same origin is best. Default `/bridge`. */
  endpoint?: string;
  /** The datasets (pixel ids) whose events get a server copy. Default: every one the page initialises. */
  datasets?: string[];
  /** Which requests carry the identifiers. */
  attach?: {
    /**
     * `"same-origin"`, origins such as `https://api.shop.example`, and RegExps for the absolute
     * address. Default `["same-origin"]`.
     */
    to?: (string | RegExp)[];
  };
  /** `"mirror"` sends a server copy of each `fbq` call; `"off"` leaves `fbq` alone. Default `"mirror"`. */
  pixel?: "mirror" | "off";
  /** Whether identifiers may be read, made, stored and sent. Default `"granted"`. */
  consent?: Consent;
}

/** What the visitor agreed to. `"pending"` does nothing until it is settled. */
export type Consent = "granted" | "denied" | "pending";

/** The settings that a script tag carries in `data-…`, its own folder being the endpoint. */
export function settingsOf(script: HTMLScriptElement): Settings {
  const { endpoint, datasets, attach, pixel, consent } = script.dataset;
  const words = (text: string | undefined) => text?.split(/[\s,]+/).filter(Boolean);
  const to = words(attach);
  const ids = words(datasets);
  return {
    endpoint: endpoint ?? new URL(".", script.src).href,
    ...(ids && { datasets: ids }),
    ...(to && { attach: { to } }),
    ...(pixel === "off" && { pixel }),
    ...((consent === "denied" || consent === "pending") && { consent }),
  };
}
