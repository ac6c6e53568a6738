// The same values for a back end: `import { eventId } from "capi-bridge/core"`.

import { eventId as makeEventId, initSync } from "#wasm/browser";
import inline from "#wasm/browser_inline";

initSync({ module: Uint8Array.from(inline, (character) => character.charCodeAt(0)) });

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
  const id = makeEventId(eventName, orderId);
  if (id === "") throw new Error("eventId: this host has no cryptographic random source");
  return id;
}
