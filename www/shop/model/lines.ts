// Products and how many of each: what a basket and an order consist of.

import { CURRENCY, product, type Product } from "./catalogue.ts";

/** So many of one product. */
export interface Line {
  product: Product;
  quantity: number;
}

/** More of one product than anybody can fly. */
export const MAX_QUANTITY = 20;

/** Lines as they were stored or sent: `[{ "id": "delta", "quantity": 1 }]`; what makes no sense is left out. */
export function readLines(value: unknown): Line[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown) => {
    const { id, quantity } = (typeof each === "object" && each !== null ? each : {}) as Record<
      string,
      unknown
    >;
    const known = product(id);
    const sensible = Number.isInteger(quantity) && Number(quantity) >= 1 && Number(quantity) <= MAX_QUANTITY;
    return known !== undefined && sensible ? [{ product: known, quantity: Number(quantity) }] : [];
  });
}

/** Lines as they are stored and sent. */
export function writeLines(lines: Line[]): { id: string; quantity: number }[] {
  return lines.map(({ product: { id }, quantity }) => ({ id, quantity }));
}

export function totalCents(lines: Line[]): number {
  return lines.reduce((sum, { product: { priceCents }, quantity }) => sum + priceCents * quantity, 0);
}

export function count(lines: Line[]): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** `€59.90` */
export function price(cents: number): string {
  return new Intl.NumberFormat("en", { style: "currency", currency: CURRENCY }).format(cents / 100);
}

/** The custom data of an event about these lines, in Meta's words. */
export function customData(lines: Line[]): Record<string, unknown> {
  return {
    value: totalCents(lines) / 100,
    currency: CURRENCY,
    content_type: "product",
    content_ids: lines.map((line) => line.product.id),
    contents: lines.map((line) => ({
      id: line.product.id,
      quantity: line.quantity,
      item_price: line.product.priceCents / 100,
    })),
    num_items: count(lines),
  };
}
