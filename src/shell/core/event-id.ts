// One event id per event.

import { eventId as make } from "#wasm/edge";
import { text } from "./argument.ts";

/** What an event id is made of. */
export interface EventIdOf {
  /** The event's name, such as `Purchase`. */
  eventName: string;
  /** The order it is about. The same name and order always give the same id. */
  orderId?: string | undefined;
}

/**
 * An event id: 32 lower-case hexadecimal characters, derived from event name and order id where
 * there is an order, else random.
 *
 * ```ts
 * eventId({ eventName: "Purchase", orderId: "1001" }); // "6e4c78d82a753cc5ca23e87024551922"
 * ```
 *
 * @throws {TypeError} when `eventName` or `orderId` is not a string
 */
export function eventId({ eventName, orderId = "" }: EventIdOf): string {
  return make(text("eventId: eventName", eventName), text("eventId: orderId", orderId));
}
