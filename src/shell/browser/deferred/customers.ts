// Hashes the customer information as soon as the page gives it, for all later events.

import type { call } from "../binding.ts";
import type { Hashes } from "../customer.ts";
import type { Fields } from "../record.ts";
import { lookFor } from "./problems.ts";

/** The longest time that events wait for a hash, in milliseconds. */
const HASHED_WITHIN_MILLIS = 1000;

/** Keeps hashed customer information. `callWasm` hashes it. Calls `flush` when events no longer wait for hashes. */
export function customers(flush: () => void, callWasm: typeof call) {
  /**
   * The hashes by dataset. The key undefined has those of `identify()`, which are for all datasets. The key `""` has
   * those of another library, for fields that no other source gives.
   */
  const known = new Map<string | undefined, Hashes>();
  /** The last information by dataset. Late hashes of earlier information must not replace newer ones. */
  const last = new Map<string | undefined, Fields>();
  const asked = new Set<string>();
  /** The last information of another library, as JSON. The library repeats it with each event. */
  let said: string | undefined;
  /** The hashes that events wait for. */
  const pending = new Set<Promise<void>>();

  return {
    /**
     * Sets customer information. A call of `identify()` replaces the one before. Of the pixel's `init` calls only the
     * first of each dataset counts, as for the pixel.
     */
    identify(dataset: string | undefined, given: Fields | undefined) {
      const customer = given ?? {};
      if (Object.keys(customer).length === 0 || (dataset && asked.has(dataset))) return;
      if (dataset) asked.add(dataset);
      if (dataset === "" && said === (said = JSON.stringify(customer))) return;
      last.set(dataset, customer);
      const hashed = import("../customer.ts")
        .then(({ FIELDS, hashes }) => {
          const names = FIELDS.flat();
          if (!Object.keys(customer).every((name) => names.includes(name))) {
            lookFor("customer", customer, names);
          }
          return hashes(
            customer,
            (found) => last.get(dataset) === customer && known.set(dataset, found),
            callWasm,
          );
        })
        // The module cannot be loaded, or there is no WebAssembly. The events are sent without the hashes.
        .catch(() => undefined);
      pending.add(hashed);
      void hashed.then(() => {
        pending.delete(hashed);
        flush();
      });
      // After this time the events wait for no hash, not even for one that was requested later.
      setTimeout(() => {
        if (!pending.has(hashed)) return;
        pending.clear();
        flush();
      }, HASHED_WITHIN_MILLIS);
    },
    pending: () => pending.size,
    of: (dataset: string | undefined): Hashes => ({
      ...known.get(""),
      ...known.get(dataset),
      ...known.get(undefined),
    }),
    forget() {
      said = undefined;
      known.clear();
      last.clear();
    },
  };
}

/** The customer information of a page. */
export type Customers = ReturnType<typeof customers>;
