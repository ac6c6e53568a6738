// Adds the visitor's identifiers and an event id to requests that the page sends to its own back ends.

import { attachToFetch } from "./fetch.ts";
import type { FieldsFor } from "./fields.ts";
import { attempt } from "./hook.ts";
import { matcher } from "./targets.ts";
import { attachToXhr } from "./xhr.ts";

/** The values that a request carries, in the order of the names: `fbp`, `fbc`, the event id. */
export type Carried = (string | undefined)[];

/**
 * Is called once per matching request. Returns `undefined` to leave the request alone (no consent, stopped).
 * Never throws.
 */
export type Carry = () => Carried | undefined;

/**
 * Hooks `fetch` and `XMLHttpRequest`: a request to a matching address carries the values that `carry`
 * returns.
 * Returns the function that beacons and forms ask for their fields. The deferred part hooks those.
 *
 * `to` has `"same-origin"`, origins, and RegExps for the absolute address. Values that the page set itself
 * win. The page's arguments are never changed.
 */
export function attach(to: (string | RegExp)[], carry: Carry): FieldsFor {
  const matches = matcher(to);
  const fieldsFor: FieldsFor = (names, ...urls) => {
    const carried = urls.every(matches) && carry();
    return carried ? names.map((name, at) => [name, carried[at]]) : [];
  };
  for (const attachTo of [attachToFetch, attachToXhr]) {
    // The browser may lack this function, or the page may have locked it.
    attempt(() => attachTo(fieldsFor));
  }
  return fieldsFor;
}
