// The customer part: keeps the customer information of a page, hashed. It loads with the first customer information.

import type { Customers } from "./contract.ts";
import type { call } from "./binding.ts";
import { FIELDS, type Hashes, hashes } from "./customer.ts";
import type { LookFor } from "./deferred/troubles.ts";
import type { Fields } from "./record.ts";

/** Keeps customer information, hashed with `callWasm`. */
export function customers(callWasm: typeof call, lookFor: LookFor): Customers {
  /**
   * The hashes by dataset. Under undefined: the page's, which hold for all datasets. Under `""`: another
   * library's, for fields that no other source gives.
   */
  const known = new Map<string | undefined, Hashes>();
  /** The last information by dataset. Late hashes of earlier information must not replace newer ones. */
  const last = new Map<string | undefined, Fields>();
  const asked = new Set<string>();
  /** The last information of another library, as JSON. The library repeats it with each event. */
  let said: string | undefined;
  const names = FIELDS.flat();

  return {
    async identify(dataset, customer) {
      if (dataset && asked.has(dataset)) return;
      if (dataset) asked.add(dataset);
      if (dataset === "" && said === (said = JSON.stringify(customer))) return;
      last.set(dataset, customer);
      if (!Object.keys(customer).every((name) => names.includes(name))) lookFor("customer", customer, names);
      await hashes(
        customer,
        (found) => last.get(dataset) === customer && known.set(dataset, found),
        callWasm,
      );
    },
    of: (dataset) => ({ ...known.get(""), ...known.get(dataset), ...known.get(undefined) }),
    forget() {
      said = undefined;
      known.clear();
      last.clear();
    },
  };
}
