// What is known of the customer: hashed as soon as the page says it, for the events from then on.

import type { call } from "../binding.ts";
import type { Hashes } from "../customer.ts";
import type { Fields } from "../record.ts";
import { lookFor } from "./problems.ts";

/** How long events wait for a hash, in milliseconds. */
const HASHED_WITHIN_MILLIS = 1000;

/** Keeps customer information, hashed by `callWasm`; `flush` is called once events need to wait no longer. */
export function customers(flush: () => void, callWasm: typeof call) {
  /** By dataset; that of the page, which holds for all, without one; under `""` another library's, where nobody else says it. */
  const known = new Map<string | undefined, Hashes>();
  /** What was said last, by dataset: whose hashes come late does not overwrite it. */
  const last = new Map<string | undefined, Fields>();
  const asked = new Set<string>();
  /** What another library said last: it says it with each event. */
  let said: string | undefined;
  /** What is being hashed, and waited for. */
  const pending = new Set<Promise<void>>();

  return {
    /** The page's own word replaces what it said before; the pixel's `init` counts once for each dataset. */
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
        // Unreachable or without WebAssembly: the events go without it.
        .catch(() => undefined);
      pending.add(hashed);
      void hashed.then(() => {
        pending.delete(hashed);
        flush();
      });
      // Who has waited long enough waits for none that was asked for later, either.
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

/** What is known of the customer. */
export type Customers = ReturnType<typeof customers>;
