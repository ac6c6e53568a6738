// The record of a tracking call. The deferred part makes an event of it.

import type { PixelCall } from "./pixel.ts";

/** Values by name. */
export type Fields = Record<string, unknown>;

/** Meta's parameters of events. Other names are custom parameters. */
export interface EventParameters {
  /** The value of the event, such as the order's total. A Purchase needs it, with `currency`. */
  value?: number | string;
  /** An ISO 4217 code, such as `"EUR"`. */
  currency?: string;
  content_ids?: (string | number)[];
  contents?: { id: string | number; quantity: number; item_price?: number }[];
  content_type?: "product" | "product_group";
  content_name?: string;
  content_category?: string;
  num_items?: number;
  order_id?: string | number;
  predicted_ltv?: number;
  search_string?: string;
  status?: boolean | string;
}

/** Customer information, raw or hashed. A value may be a list. Meta's own keys (`em`, `ph`, …) are taken, too. */
export interface Customer {
  email?: string | string[];
  phone?: string | string[];
  firstName?: string | string[];
  lastName?: string | string[];
  dateOfBirth?: string | string[];
  gender?: string | string[];
  city?: string | string[];
  state?: string | string[];
  zip?: string | string[];
  country?: string | string[];
  externalId?: string | number | (string | number)[];
}

/** A call of the pixel, or of `track()` and `identify()` in the pixel's words. */
export interface Recorded {
  /** The command, event name and parameters, without the dataset. */
  call: PixelCall;
  /** The event id. A call without one is about later events. */
  id?: string;
  /** The datasets that the call is for. */
  to: string[];
  /** Unix milliseconds. */
  millis: number;
  url: string;
  /** The page's last `dataProcessingOptions`. */
  limits?: PixelCall | undefined;
  /** True if the bridge has to call the pixel first. */
  drives?: boolean;
  /** The key of an order for which `sentBefore()` could not be asked yet. */
  order?: string | undefined;
}
