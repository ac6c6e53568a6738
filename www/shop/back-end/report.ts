// Reports a paid order to the bridge, as a shop's system does: a signed request.

import type { Report } from "../model/order.ts";
import type { Order } from "./order.ts";
import { SYSTEMS } from "./systems.ts";

/** The secrets that the shop shares with the bridge. */
export interface Secrets {
  BRIDGE_KEY?: string;
  WOOCOMMERCE_WEBHOOK_SECRET?: string;
  SHOPIFY_WEBHOOK_SECRET?: string;
  STRIPE_WEBHOOK_SECRET?: string;
}

/** A request to the bridge. */
export interface Sending {
  path: string;
  /** The header that proves the sender. */
  proof: string;
  headers: Record<string, string>;
  body: string;
}

/** The bridge, as the back end reaches it. */
export interface Bridge {
  fetch(request: Request): Promise<Response>;
}

/** Reports a paid order, and remembers the report with the order. */
export async function reportPaid(order: Order, secrets: Secrets, bridge: Bridge | undefined): Promise<void> {
  const sending = await SYSTEMS[order.reporter].report?.(order, secrets);
  if (sending === undefined) return;
  const { path, proof, headers, body } = sending;
  const report: Report = { path, proof, body, status: 0 };
  const request = new Request(new URL(path, order.site), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  const answer = await bridge?.fetch(request).catch(() => undefined);
  await answer?.arrayBuffer();
  order.report = { ...report, status: answer?.status ?? 0 };
}
