// A kite before its sky.

import { drawing, element } from "../../element.ts";
import type { Product } from "./catalogue.ts";

/** The picture of a product; `size` is a class of shop.css. */
export function picture(product: Product, size: "in-row" | "in-grid" | "on-page"): HTMLElement {
  const kite = drawing("svg", { class: "kite", viewBox: "0 0 240 240", "aria-hidden": "true" });
  kite.append(drawing("use", { href: `/kites.svg#${product.id}` }));
  return element("span", { class: `picture ${size} sky-${product.sky}` }, kite);
}
