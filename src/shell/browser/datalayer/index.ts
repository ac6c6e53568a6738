// Google's `dataLayer`: its e-commerce events become events of Meta's, by GA4's table.

import { DataLayer, __wbg_reset_state, initSync } from "#wasm/datalayer";
import inlined from "#wasm/datalayer_inline";
import { bytesOf } from "../../inlined.ts";
import type { Bridge } from "../start.ts";
import { warn } from "../warn.ts";
import { hearLayer } from "./layer.ts";
import { mistakes } from "./mistakes.ts";

/** How a page's `dataLayer` is listened to. */
export interface DataLayerOptions {
  /** The name of the array. Default `dataLayer`. */
  name?: string | undefined;
  /**
   * Who calls the pixel. `"call"`: the bridge does, for each event, and sends the server copy. `"leave"`: tags of
   * the page do, in Tag Manager or elsewhere, for the same events; the bridge only lends them the event's id,
   * and mirrors them. Default `"call"`.
   */
  pixel?: "call" | "leave" | undefined;
  /** Changes of the table, as under `mappings.ga4` in the worker's configuration. */
  mappings?: object | undefined;
}

/**
 * Listens to the page's `dataLayer`, to what was pushed before, too.
 *
 * Never throws, and nor does what is pushed afterwards.
 *
 * ```ts
 * import { start } from "capi-bridge";
 * import { listen } from "capi-bridge/datalayer";
 *
 * listen(start({ datasets: ["1234567890"] }));
 * ```
 */
export function listen(bridge: Bridge, options: DataLayerOptions = {}): void {
  const { name, pixel, mappings } = options;
  for (const mistake of mistakes(options)) warn(mistake);
  let layer: DataLayer | undefined;
  const hear = (pushed: unknown) => {
    try {
      const plain = plainOf(pushed);
      const event = plain === undefined ? undefined : layer?.push(plain);
      if (event === undefined) return;
      const { eventName, parameters, customer } = event;
      const { order_id: orderId } = parameters as { order_id?: string };
      const eventId = event.eventId || undefined;
      event.free();
      if (Object.keys(customer).length > 0) {
        bridge.identify(customer as Record<string, unknown>, { unlessSaid: true });
      }
      if (pixel === "leave") bridge.prepare(eventName, { eventId, orderId });
      else bridge.track(eventName, parameters as Record<string, unknown>, { eventId, orderId, pixel: true });
    } catch (error) {
      warn("an element of the dataLayer was passed over.", error);
      // A trap: what was pushed so far is forgotten, the next event is heard.
      if (error instanceof WebAssembly.RuntimeError) {
        __wbg_reset_state();
        begin();
      }
    }
  };
  const begin = () => {
    layer = new DataLayer(mappings ?? {});
  };
  try {
    initSync({ module: bytesOf(inlined) });
    begin();
    if (!hearLayer(name ?? "dataLayer", hear)) warn("the dataLayer is no array, or is listened to already.");
  } catch (error) {
    warn("the dataLayer is not listened to.", error);
  }
}

/** What was pushed, as it is now, in JSON: an object, or the list of what `gtag` was called with. */
function plainOf(pushed: unknown): unknown {
  if (typeof pushed !== "object" || pushed === null || Array.isArray(pushed)) return undefined;
  // gtag() pushes its `arguments`.
  const called = Object.prototype.toString.call(pushed) === "[object Arguments]";
  return JSON.parse(JSON.stringify(called ? Array.from(pushed as ArrayLike<unknown>) : pushed, withoutPage));
}

/** Tag Manager pushes elements of the page along, which lead to everything. */
function withoutPage(_: string, value: unknown): unknown {
  return value instanceof Node || value === window ? undefined : value;
}
