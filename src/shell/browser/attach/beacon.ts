// Adds query parameters to beacons: `navigator.sendBeacon` cannot have headers.

import { addMissing, type FieldsFor, NAMES } from "./fields.ts";
import { hook } from "./hook.ts";
import { resolve } from "./targets.ts";

/** Hooks `navigator.sendBeacon` so that beacons carry the fields that they lack. */
export function attachToBeacon(fieldsFor: FieldsFor): void {
  hook(navigator, "sendBeacon", (call) => {
    const url = resolve(call[0]);
    const missing = addMissing(fieldsFor(NAMES, url), new URLSearchParams(url.search));
    if (missing[0]) {
      // Append to the page's own query, which stays as the page wrote it.
      url.search += (url.search && "&") + new URLSearchParams(missing);
      call[0] = url.href;
    }
  });
}
