// The server copy of a Purchase, as a back end without a shop system sends it to the bridge.

import { customData } from "../model/lines.ts";
import { names, type Order } from "./order.ts";
import type { Secrets, Sending } from "./report.ts";

/** Returns the request with the server copy. Its event id is the one that came with the order's request. */
export async function ownCopy(order: Order, { BRIDGE_KEY = "" }: Secrets): Promise<Sending> {
  const { fbp, fbc, event_id } = order.identifiers;
  const [first, last] = names(order);
  const event = {
    event_name: "Purchase",
    event_time: Math.floor((order.paidMillis ?? order.placedMillis) / 1000),
    event_id: event_id ?? undefined,
    action_source: "website",
    event_source_url: new URL(order.thanks, order.site).href,
    user_data: {
      // The worker hashes them before it stores them.
      em: order.email,
      fn: first,
      ln: last,
      client_user_agent: order.userAgent,
      fbp: fbp ?? undefined,
      fbc: fbc ?? undefined,
    },
    custom_data: { ...customData(order.lines), order_id: String(order.id) },
  };
  return {
    path: "/bridge/events",
    proof: "authorization",
    headers: { authorization: `Bearer ${BRIDGE_KEY}` },
    body: JSON.stringify({ data: [event] }),
  };
}
