// What a page may set.

/** How the bridge behaves on a page. */
export interface Settings {
  /** Where the worker answers, a path or an address. Same origin is best. Default `/bridge`. */
  endpoint?: string;
  /**
   * The datasets (pixel ids) whose events get a server copy. Default: every one that the page initialises;
   * with `pixel: "off"` the worker's first.
   */
  datasets?: string[];
  /** Which requests carry the identifiers. */
  attach?: {
    /**
     * `"same-origin"`, origins such as `https://api.shop.example`, and RegExps for the absolute
     * address. Default `["same-origin"]`.
     */
    to?: (string | RegExp)[];
  };
  /**
   * `"mirror"` sends a server copy of each `fbq` call, and `track()` goes to the worker alone; `"drive"`
   * leaves the page's own calls alone, and `track()` calls `fbq` first and the worker second; `"off"` leaves
   * `fbq` alone, and `track()` goes to the worker alone. Default `"mirror"`.
   */
  pixel?: "mirror" | "drive" | "off";
  /** Whether identifiers may be read, made, stored and sent. Default `"granted"`. */
  consent?: Consent;
  /**
   * What a visitor's Global Privacy Control means: `"deny"`, nothing is read, made, stored or sent; or
   * `"limit"`, both copies are for limited data use (`["LDU"], 0, 0`). Default `"deny"`.
   */
  globalPrivacyControl?: "deny" | "limit";
}

/**
 * What the visitor agreed to. `"pending"` holds what is tracked in memory, with its id and time, until it is
 * settled: nothing is read, stored or sent.
 */
export type Consent = "granted" | "denied" | "pending";

/** The settings of a script tag: its `data-…` attributes, and its own folder as the endpoint. */
export function settingsOf(address: URL, dataset: DOMStringMap = {}): Settings {
  const words = (text?: string) => text?.split(/[\s,]+/).filter(Boolean);
  // An absent or unknown word means its default, as in a call of start(). `rules/mistakes.ts` warns of unknown ones.
  return {
    endpoint: new URL(".", address).href,
    ...dataset,
    datasets: words(dataset["datasets"]),
    attach: { to: words(dataset["attach"]) },
  } as Settings;
}
