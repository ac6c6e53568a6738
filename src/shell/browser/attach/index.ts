// Adds the visitor's identifiers and an event id to requests that the page sends to its own back ends.

import { attachToFetch, type Failed } from "./fetch.ts";
import { matcher } from "../rules/targets.ts";
import { site } from "../site.ts";
import { type AddFields, addMissing, type FieldsFor, HEADERS, NAMES } from "./fields.ts";
import { attempt } from "./hook.ts";

/** The values that a request carries, in the order of the names: `fbp`, `fbc`, the event id. */
export type Carried = (string | undefined)[];

/**
 * Is called once per matching request. Returns `undefined` to leave the request alone (no consent, stopped).
 * Never throws.
 */
export type Carry = () => Carried | undefined;

/**
 * Hooks `fetch`: a request to a matching address carries the values that `carry` returns. Returns the function that
 * adds fields to XHR, beacons and forms. The deferred part hooks those.
 *
 * `matcher` documents `to`. Values that the page set itself win. The page's arguments are never changed. Requests to the
 * paths in `alone` carry nothing. `failed` handles failed requests that carried fields.
 */
export function attach(to: (string | RegExp)[], carry: Carry, alone: Set<string>, failed: Failed): AddFields {
  // A sandboxed frame has no origin (`origin` is "null").
  const matches = matcher(to, window.origin !== "null" && site().location.origin);
  const fieldsFor: FieldsFor = (names, ...urls) => {
    const carried = urls.every(matches) ? carry() : undefined;
    return carried ? names.map((name, at) => [name, carried[at]]) : [];
  };
  // The browser may lack `fetch`, or the page may have locked it.
  attempt(() => attachToFetch(fieldsFor, alone, failed));
  return (fields, ...urls) =>
    addMissing(fieldsFor(fields instanceof Headers ? HEADERS : NAMES, ...urls), fields);
}
