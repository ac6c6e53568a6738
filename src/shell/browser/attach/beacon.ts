// Adds query parameters to beacons: `navigator.sendBeacon` cannot have headers.

import type { AddFields } from "./fields.ts";
import { hook } from "./hook.ts";
import { resolve } from "./targets.ts";

/** Hooks `navigator.sendBeacon` so that beacons carry the fields that they lack. */
export function attachToBeacon(addFields: AddFields): void {
  hook(navigator, "sendBeacon", (call) => {
    const url = resolve(call[0]);
    const missing = addFields(new URLSearchParams(url.search), url);
    if (missing[0]) {
      // Append to the page's own query, which stays as the page wrote it.
      url.search += (url.search && "&") + new URLSearchParams(missing);
      call[0] = url.href;
    }
  });
}
