// Turns the e-commerce events of Google's `dataLayer` into Meta's events, by the table for GA4.

import { type Heard, isSecond, momentOf, vocabularyOf } from "../rules/one-moment.ts";
import { wellFormed } from "../rules/well-formed.ts";
import type { Bridge } from "../start.ts";
import { warn } from "../warn.ts";
import { DataLayer } from "./binding.ts";
import { hearLayer } from "./layer.ts";
import { mistakes } from "./mistakes.ts";

/** The options of `listen()`. */
export interface DataLayerOptions {
  /** The name of the array. Default `dataLayer`. */
  name?: string | undefined;
  /**
   * The caller of the pixel. `"call"`: the bridge calls the pixel for each event and sends the server copy.
   * `"leave"`: the page's tags (Tag Manager or others) call the pixel for the same events; the bridge gives
   * them the event id and mirrors their calls. Default `"call"`.
   */
  pixel?: "call" | "leave" | undefined;
  /** Changes of the table, as under `mappings.ga4` in the worker's configuration. */
  mappings?: object | undefined;
}

/**
 * Listens to the page's `dataLayer`, including the elements that were pushed before.
 *
 * Never throws. Later pushes never throw because of it.
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
  try {
    const layer = new DataLayer(plain(mappings ?? {}) as object);
    const heard: Heard[] = [];
    const isHeard = hearLayer(name ?? "dataLayer", (pushed) => {
      try {
        const copy = plainOf(pushed);
        const event = layer.push(copy);
        if (event === undefined) return;
        const { eventName, parameters, customer } = event;
        const { order_id: orderId } = parameters as { order_id?: string };
        const eventId = event.eventId || undefined;
        if (Object.keys(customer).length > 0) bridge.identify(customer, { unlessSaid: true });
        const moment = momentOf(eventName, parameters);
        if (isSecond(heard, { vocabulary: vocabularyOf(copy), moment, millis: performance.now() })) return;
        if (pixel === "leave") bridge.prepare(eventName, { eventId, orderId });
        else bridge.track(eventName, parameters, { eventId, orderId, pixel: true });
      } catch (error) {
        warn("an element of the dataLayer was passed over.", error);
      }
    });
    if (!isHeard) warn("the dataLayer is no array, or is listened to already.");
  } catch (error) {
    warn("the dataLayer is not listened to.", error);
  }
}

/** Returns a JSON copy of a pushed object, or of the arguments of `gtag()`. Returns null for other values. */
function plainOf(pushed: unknown): unknown {
  if (typeof pushed !== "object" || pushed === null || Array.isArray(pushed)) return null;
  // gtag() pushes its `arguments`.
  const called = Object.prototype.toString.call(pushed) === "[object Arguments]";
  return plain(called ? Array.from(pushed as ArrayLike<unknown>) : pushed);
}

/** Returns a JSON copy: no getters, no references to the page. */
function plain(value: unknown): unknown {
  return JSON.parse(wellFormed(JSON.stringify(value, withoutPage)));
}

/** Leaves out nodes and the window. Tag Manager pushes elements, which refer to the whole page. */
function withoutPage(_: string, value: unknown): unknown {
  return value instanceof Node || value === window ? undefined : value;
}
