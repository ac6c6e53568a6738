// Makes event ids.

import { call } from "./binding.ts";
import { random } from "./random.ts";

/** Returns the id of an order's event, which the server computes too. Without an order, returns a random id. */
export function eventId(eventName: string, orderId = ""): string {
  return call("event_id", [eventName, orderId], random(4));
}
