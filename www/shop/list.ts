// The front page: every kite.

import { byId, element } from "../element.ts";
import { PRODUCTS } from "./model/catalogue.ts";
import { price } from "./model/lines.ts";
import { showBasketCount } from "./model/page.ts";
import { picture } from "./model/picture.ts";

byId("products", HTMLUListElement).append(
  ...PRODUCTS.map((product) => {
    const words = element(
      "span",
      { class: "words" },
      element("strong", {}, product.name),
      element("span", { class: "price" }, price(product.priceCents)),
      element("span", { class: "line" }, product.line),
    );
    const link = element("a", { href: `/product.html?id=${product.id}`, "data-testid": "product" });
    link.append(picture(product, "in-grid"), words);
    return element("li", {}, link);
  }),
);
showBasketCount();
