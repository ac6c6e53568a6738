// The same values for a back end: `import { eventId } from "capi-bridge/core"`.

import { initSync } from "#wasm/browser";
import { eventId as make } from "../browser/event-id.ts";
import { moduleBytes } from "../browser/module.ts";

initSync({ module: moduleBytes() });

/** What an event id is made of. */
export interface EventIdOf {
  /** The event's name, such as `Purchase`. */
  eventName: string;
  /** The order it is about. The same name and order always give the same id. */
  orderId?: string;
}

/**
 * An event id: 32 lower-case hexadecimal characters, derived from event name and order id where
 * there is an order, else random.
 *
 * ```ts
 * eventId({ eventName: "Purchase", orderId: "1001" }); // the same in the browser, here and anywhere
 * ```
 *
 * @throws {TypeError} when `eventName` or `orderId` is not a string
 */
export function eventId({ eventName, orderId }: EventIdOf): string {
  for (const [name, value] of Object.entries({ eventName, orderId: orderId ?? "" })) {
    if (typeof value !== "string") throw new TypeError(`eventId: ${name}: expected a string`);
  }
  return make(eventName, orderId);
}
