// The request and the answer of an order, for the shop's pages and its back end.

/**
 * The system that tells the bridge about a paid order: nobody (the page is alone), the shop's own back end, or a webhook
 * of WooCommerce, Shopify or Stripe.
 */
export type Reporter = "nobody" | "own" | Webhook;
export type Webhook = "woocommerce" | "shopify" | "stripe";

export const WEBHOOKS: readonly Webhook[] = ["woocommerce", "shopify", "stripe"];
export const REPORTERS: readonly Reporter[] = ["own", ...WEBHOOKS, "nobody"];

/** The body of `POST /api/orders`. */
export interface OrderRequest {
  items: { id: string; quantity: number }[];
  name: string;
  email: string;
  reporter: Reporter;
  /** True if the payment arrives later, such as a bank transfer. */
  paysLater: boolean;
}

/** The identifiers that capi-bridge attached to the request, as the back end received them. */
export interface Identifiers {
  fbp?: string | null;
  fbc?: string | null;
  event_id?: string | null;
}

/** The answer to `POST /api/orders`. */
export interface OrderAnswer {
  order_id: string;
  /** The secret in the address of the order's pages. */
  key: string;
  /** The path of the thank-you page. Each system has its own. */
  thanks: string;
  total: number;
  identifiers: Identifiers;
}

/** The answer to `GET /api/orders/<key>`. */
export interface OrderState {
  isPaid: boolean;
  /** The request to the bridge, once it was sent. */
  report?: Report;
}

/** A request of the back end to the bridge. */
export interface Report {
  path: string;
  /** The header that proves the sender, without its value. */
  proof: string;
  body: string;
  /** The status of the answer; 0 if the bridge did not answer. */
  status: number;
}
