// Stores the basket and the last order in the browser.

import type { Identifiers } from "./order.ts";
import { type Line, MAX_QUANTITY, readLines, writeLines } from "./lines.ts";
import type { Product } from "./catalogue.ts";

const BASKET = "shop.basket";
const ORDER = "shop.order";

/** An order, as the thank-you page shows it. */
export interface StoredOrder {
  orderId: string;
  /** The secret of the order, with which the page asks for its state. */
  key: string;
  /** The path of its thank-you page. */
  thanks: string;
  /** True if the shop's system reports the order, too. */
  isReported: boolean;
  lines: Line[];
  identifiers: Identifiers;
}

export function basket(): Line[] {
  return readLines(read(BASKET));
}

/** Adds one of this product. */
export function addToBasket(product: Product): void {
  const lines = basket();
  const line = lines.find((each) => each.product.id === product.id);
  if (line === undefined) lines.push({ product, quantity: 1 });
  else line.quantity = Math.min(line.quantity + 1, MAX_QUANTITY);
  write(BASKET, writeLines(lines));
}

export function removeFromBasket(product: Product): void {
  write(BASKET, writeLines(basket().filter((line) => line.product.id !== product.id)));
}

/** Stores the order and empties the basket. */
export function keepOrder(order: StoredOrder): void {
  write(ORDER, { ...order, lines: writeLines(order.lines) });
  write(BASKET, []);
}

/** Returns the last order if this is the path of its thank-you page. */
export function storedOrder(path: string): StoredOrder | undefined {
  const kept = read(ORDER) as Partial<Record<keyof StoredOrder, unknown>> | null;
  const { orderId, key, thanks, isReported } = kept ?? {};
  if (thanks !== path || typeof orderId !== "string" || typeof key !== "string") return undefined;
  return {
    orderId,
    key,
    thanks: path,
    isReported: isReported === true,
    lines: readLines(kept?.lines),
    identifiers: (kept?.identifiers ?? {}) as Identifiers,
  };
}

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A browser without storage has an empty basket.
  }
}
