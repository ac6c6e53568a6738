// The request and the answer of an order, for the shop's pages and its back end.

/** The body of `POST /api/orders`. */
export interface OrderRequest {
  items: { id: string; quantity: number }[];
  name: string;
  email: string;
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
  total: number;
  identifiers: Identifiers;
}
