// An order, and the orders of the shop. They are in memory: a demo forgets them when it ends.

import type { Line } from "../model/lines.ts";
import { totalCents } from "../model/lines.ts";
import type { Identifiers, Report, Reporter } from "../model/order.ts";

export interface Order {
  /** A number. Shopify's are longer than those of the others. */
  id: number;
  /** The secret of the buyer: it opens the pages of the order. */
  key: string;
  reporter: Reporter;
  lines: Line[];
  name: string;
  email: string;
  placedMillis: number;
  paidMillis?: number;
  /** The site's origin, as the buyer's browser saw it. */
  site: string;
  /** The path of the thank-you page. */
  thanks: string;
  identifiers: Identifiers;
  /** The buyer's address, as the shop saw it. */
  address: string;
  userAgent: string;
  report?: Report;
}

/** The most orders that the shop remembers. */
const MOST_ORDERS = 1000;

const orders = new Map<string, Order>();

export function remember(order: Order): void {
  orders.set(order.key, order);
  const [oldest] = orders.keys();
  if (orders.size > MOST_ORDERS && oldest !== undefined) orders.delete(oldest);
}

/** Returns the order with this key. */
export const orderOf = (key: string): Order | undefined => orders.get(key);

/** Returns a total as shops write it: `59.90`. */
export const total = ({ lines }: Pick<Order, "lines">): string => (totalCents(lines) / 100).toFixed(2);

/** Returns the first word of a name, and the rest. */
export function names({ name }: Pick<Order, "name">): [first: string, last: string] {
  const [first = "", ...rest] = name.trim().split(/\s+/);
  return [first, rest.join(" ")];
}

let lastId = 0;

/**
 * Returns the next order id. Ids rise and are never reused, even after a restart: Meta would treat the second
 * order as a duplicate.
 */
export function nextId(nowMillis: number): number {
  const seconds = Math.floor((nowMillis - Date.UTC(2026, 0, 1)) / 1000);
  lastId = Math.max(lastId + 1, seconds);
  return lastId;
}

/** Returns a secret that cannot be guessed: 128 bits in hexadecimal. */
export function newSecret(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
