// What the page sends to its own back ends carries the visitor's identifiers and an event id.

import { attachToFetch } from "./fetch.ts";
import type { FieldsFor } from "./fields.ts";
import { attempt } from "./hook.ts";
import { matcher } from "./targets.ts";
import { attachToXhr } from "./xhr.ts";

/** What a request is to carry, in the order of the names: `fbp`, `fbc`, the event's id. */
export type Carried = (string | undefined)[];

/** Asked once per matching request; `undefined` leaves the request alone (no consent, stopped). Never throws. */
export type Carry = () => Carried | undefined;

/**
 * Lets the host's ways to send ask `carry` what a request to a matching address is to carry; gives what
 * beacons and forms ask, which follow a moment later.
 *
 * `to` is `"same-origin"`, origins, and RegExps for the absolute address. What the page set itself
 * wins, and its arguments are never changed.
 */
export function attach(to: (string | RegExp)[], carry: Carry): FieldsFor {
  const matches = matcher(to);
  const fieldsFor: FieldsFor = (names, ...urls) => {
    const carried = urls.every(matches) && carry();
    return carried ? names.map((name, at) => [name, carried[at]]) : [];
  };
  for (const attachTo of [attachToFetch, attachToXhr]) {
    // A host may lack a way to send, a page may have locked it.
    attempt(() => attachTo(fieldsFor));
  }
  return fieldsFor;
}
