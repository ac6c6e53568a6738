// One event id per event.

import { eventId as make } from "#wasm/browser";
import { random } from "./random.ts";

/** The id of an order's event, the same wherever it is made; without an order, a random one. */
export function eventId(eventName: string, orderId = ""): string {
  return make(eventName, orderId, random(), random(), random(), random());
}
