// Has the customer part hash the customer information as soon as the page gives it, for all later events.

import type { Customers, Page } from "../contract.ts";
import type { Fields } from "../record.ts";
import type { LookFor } from "./troubles.ts";

/** The longest time that events wait for a hash, in milliseconds. */
const HASHED_WITHIN_MILLIS = 1000;

/** Keeps hashed customer information. Calls `settled` when events no longer wait for hashes. */
export function customers(settled: () => void, { callWasm }: Page, lookFor: LookFor) {
  let part: Promise<Customers> | undefined;
  let known: Customers | undefined;
  /** The hashes that events wait for. */
  const pending = new Set<Promise<unknown>>();

  return {
    pending,
    /** Sets the page's customer information, or with a dataset that of the pixel's `init`. */
    identify(dataset: string | undefined, given: Fields | undefined) {
      const customer = given ?? {};
      if (!Object.keys(customer)[0]) return;
      // One promise for all: a browser may keep another order for several imports of a part.
      part ??= import("../customers.ts").then((part) => (known = part.customers(callWasm, lookFor)));
      const hashed = part
        .then((known) => known.identify(dataset, customer))
        // The part cannot be loaded, or there is no WebAssembly. The events are sent without the hashes.
        .catch(() => (part = known && part));
      pending.add(hashed);
      void hashed.then(() => {
        pending.delete(hashed);
        settled();
      });
      // After this time the events wait for no hash, not even for one that was requested later.
      setTimeout(() => {
        if (!pending.has(hashed)) return;
        pending.clear();
        settled();
      }, HASHED_WITHIN_MILLIS);
    },
    /** Returns the hashes for the events of a dataset. */
    of: (dataset: string | undefined) => known?.of(dataset),
    forget: () => known?.forget(),
  };
}

/** The customer information of a page. */
export type KeepsCustomers = ReturnType<typeof customers>;
