// What the page sends to its own back ends carries the visitor's identifiers and an event id.

import { attachToFetch } from "./fetch.ts";
import type { FieldsFor } from "./fields.ts";
import { attempt } from "./hook.ts";
import { matcher } from "./targets.ts";
import { attachToXhr } from "./xhr.ts";

/** What a request is to carry. */
export interface Carried {
  fbp?: string;
  fbc?: string;
  eventId: string;
}

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
  const fieldsFor: FieldsFor = (prefix, ...urls) => {
    const carried = urls.every(matches) && carry();
    if (!carried) return [];
    return [
      [prefix + "fbp", carried.fbp],
      [prefix + "fbc", carried.fbc],
      [prefix + "event-id", carried.eventId],
    ];
  };
  for (const attachTo of [attachToFetch, attachToXhr]) {
    // A host may lack a way to send, a page may have locked it.
    attempt(() => attachTo(fieldsFor));
  }
  return fieldsFor;
}
