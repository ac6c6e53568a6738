// The settings of the bridge: of `start()` and of the script tag.

/** The settings of the bridge on a page. */
export interface Settings {
  /** The address of the worker, a path or a URL. The page's own origin is best. Default `/bridge`. */
  endpoint?: string;
  /**
   * The datasets (pixel ids) whose events get a server copy. Default: every dataset that the page
   * initialises; with `pixel: "off"` the first of the worker's configuration.
   */
  datasets?: string[];
  /** The requests that carry the identifiers. */
  attach?: {
    /**
     * `"same-origin"`, origins such as `https://api.shop.example`, and RegExps for the absolute
     * address. `"!/files/"` leaves the paths alone that start so. Default `["same-origin"]`.
     */
    to?: (string | RegExp)[];
  };
  /**
   * `"mirror"` sends a server copy of each `fbq` call, and `track()` goes to the worker alone; `"drive"`
   * leaves the page's own calls alone, and `track()` calls `fbq` first and the worker second; `"off"` leaves
   * `fbq` alone, and `track()` goes to the worker alone. Default `"mirror"`.
   */
  pixel?: "mirror" | "drive" | "off";
  /** The consent to read, make, store and send identifiers. Default `"granted"`. */
  consent?: Consent;
  /**
   * The effect of a visitor's Global Privacy Control. `"deny"`: nothing is read, made, stored or sent.
   * `"limit"`: both copies are for limited data use (`["LDU"], 0, 0`). Default `"deny"`.
   */
  globalPrivacyControl?: "deny" | "limit";
  /**
   * True to log each event in the console: its name and id, where each copy went, and the worker's answer. A page with
   * `?capi-debug` in its address does so, too.
   */
  debug?: boolean;
}

/**
 * The visitor's consent. With `"pending"` tracked events wait in memory, with their id and time, until
 * consent is settled. Nothing is read, stored or sent.
 */
export type Consent = "granted" | "denied" | "pending";

/** Returns the settings of a script tag: its `data-…` attributes, and its own folder as the endpoint. */
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
