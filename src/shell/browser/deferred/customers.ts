// What is known of the customer: hashed as soon as the page says it, for the events from then on.

import type { Hashes } from "./hashes.ts";
import type { Fields } from "../record.ts";

/** How long events wait for a hash, in milliseconds. */
const HASHED_WITHIN_MILLIS = 1000;

/** Keeps customer information, hashed; `flush` is called once events need to wait no longer. */
export function customers(flush: () => void) {
  /** By dataset; that of the page, which holds for all, without one; under `""` another library's, where nobody else says it. */
  const known = new Map<string | undefined, Hashes>();
  const asked = new Set<string>();
  /** What another library said last: it says it with each event. */
  let said: string | undefined;
  /** What is being hashed, and waited for. */
  const pending = new Set<Promise<void>>();

  return {
    /** The page's own word replaces what it said before; the pixel's `init` counts once for each dataset. */
    identify(dataset: string | undefined, customer: Fields | undefined) {
      if (Object.keys(customer ?? {}).length === 0 || (dataset && asked.has(dataset))) return;
      if (dataset) asked.add(dataset);
      if (dataset === "" && said === (said = JSON.stringify(customer))) return;
      const hashed = import("./hashes.ts")
        .then(({ hashes }) => void known.set(dataset, hashes(customer ?? {})))
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
    },
  };
}

/** What is known of the customer. */
export type Customers = ReturnType<typeof customers>;
