// One event id per event.

import { call } from "./binding.ts";
import { random } from "./random.ts";

/** The id of an order's event, the same wherever it is made; without an order, a random one. */
export function eventId(eventName: string, orderId = ""): string {
  return call("event_id", [eventName, orderId], random(4));
}
