// An order on its way to the shop's back end, as both ends know it.

/** What `POST /api/orders` takes. */
export interface OrderRequest {
  items: { id: string; quantity: number }[];
  name: string;
  email: string;
}

/** What capi-bridge attached to the request, as the back end received it. */
export interface Identifiers {
  fbp?: string | null;
  fbc?: string | null;
  event_id?: string | null;
}

/** What it answers. */
export interface OrderAnswer {
  order_id: string;
  total: number;
  identifiers: Identifiers;
}
