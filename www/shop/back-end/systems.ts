// The systems that a shop may run on: the keys and thank-you pages of their orders, and their reports of a paid one.

import type { Reporter } from "../model/order.ts";
import { newSecret, type Order } from "./order.ts";
import { ownCopy } from "./own.ts";
import { type Secrets, type Sending } from "./report.ts";
import { shopifyWebhook } from "./shopify.ts";
import { stripeWebhook } from "./stripe.ts";
import { wooCommerceWebhook } from "./woocommerce.ts";

interface System {
  /** Returns the id of an order, from the shop's own number. */
  id(number: number): number;
  key(): string;
  /** Returns the path of the thank-you page. */
  thanks(order: Pick<Order, "id" | "key">): string;
  /** Returns the report of a paid order; undefined if the page is alone. */
  report?(order: Order, secrets: Secrets): Promise<Sending>;
}

const thanksPage = ({ id }: Pick<Order, "id">) => `/thanks.html?order=${id}`;
const same = (number: number) => number;

export const SYSTEMS: Record<Reporter, System> = {
  nobody: { id: same, key: newSecret, thanks: thanksPage },
  own: { id: same, key: newSecret, thanks: thanksPage, report: ownCopy },
  woocommerce: {
    id: same,
    key: () => `wc_order_${newSecret().slice(0, 13)}`,
    thanks: ({ id, key }) => `/checkout/order-received/${id}/?key=${key}`,
    report: wooCommerceWebhook,
  },
  shopify: {
    // Shopify's ids have 13 digits or more.
    id: (number) => 5_000_000_000_000 + number,
    key: newSecret,
    thanks: ({ key }) => `/checkouts/cn/${key}/thank-you`,
    report: shopifyWebhook,
  },
  stripe: {
    id: same,
    key: () => `cs_live_${newSecret()}`,
    thanks: ({ id, key }) => `/thanks.html?order=${id}&session_id=${key}`,
    report: stripeWebhook,
  },
};
