// The webhook `checkout.session.completed` of Stripe.

import { CURRENCY } from "../model/catalogue.ts";
import { totalCents } from "../model/lines.ts";
import { newSecret, type Order } from "./order.ts";
import type { Secrets, Sending } from "./report.ts";
import { inHex } from "./sign.ts";

export async function stripeWebhook(order: Order, secrets: Secrets): Promise<Sending> {
  const seconds = Math.floor((order.paidMillis ?? order.placedMillis) / 1000);
  const body = JSON.stringify({
    id: `evt_${newSecret()}`,
    object: "event",
    api_version: "2026-09-30",
    type: "checkout.session.completed",
    created: seconds,
    // The demo's Meta is a stand-in, so that its payments count as real ones.
    livemode: true,
    data: {
      object: {
        id: order.key,
        object: "checkout.session",
        mode: "payment",
        payment_status: "paid",
        amount_total: totalCents(order.lines),
        currency: CURRENCY.toLowerCase(),
        client_reference_id: String(order.id),
        payment_intent: `pi_${newSecret()}`,
        customer: null,
        customer_details: { email: order.email, name: order.name, phone: null, address: null },
        metadata: {},
      },
    },
  });
  // The signature has the time of the delivery, which may be later than that of the event.
  const now = Math.floor(Date.now() / 1000);
  const signature = await inHex(secrets.STRIPE_WEBHOOK_SECRET, `${now}.${body}`);
  return {
    path: "/bridge/webhooks/stripe",
    proof: "stripe-signature",
    headers: { "user-agent": "Stripe/1.0", "stripe-signature": `t=${now},v1=${signature}` },
    body,
  };
}
