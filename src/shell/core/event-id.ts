// Makes event ids.

import { eventId as make } from "#wasm/core";
import { decimal, text } from "./argument.ts";

/** The parts that an event id is made of. */
export interface EventIdOf {
  /** The event's name, such as `Purchase`. */
  eventName: string;
  /**
   * The order that the event is about. The same name and order always give the same id. A whole number is
   * taken as its decimal text. A blank one names no order.
   */
  orderId?: string | number | bigint | undefined;
  /**
   * A secret of at least 32 random characters, which no page may see. Only a holder of the secret can compute
   * the id of an order. Without a secret, anyone who guesses the order id can.
   */
  secret?: string;
}

/**
 * Returns an event id, 32 lower-case hexadecimal characters: derived from event name and order id where
 * there is an order, under the secret where there is one; else random.
 *
 * ```ts
 * eventId({ eventName: "Purchase", orderId: 1001, secret: process.env.EVENT_ID_SECRET });
 * ```
 *
 * @throws {TypeError} when an argument has the wrong type. That includes `secret: undefined`, as for a missing
 * environment variable: without the secret the id would be another one
 * @throws {Error} when the secret has fewer than 32 characters, or white space at an end
 */
export function eventId(of: EventIdOf): string {
  const { eventName, orderId = "" } = of;
  const secret = "secret" in of ? text("eventId: secret", of.secret) : undefined;
  return make(text("eventId: eventName", eventName), decimal("eventId: orderId", orderId), secret);
}
