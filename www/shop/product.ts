// One kite: ViewContent when it is seen, AddToCart when it goes into the basket.

import { byId, element } from "../element.ts";
import { type Product, product } from "./model/catalogue.ts";
import { customData, price } from "./model/lines.ts";
import { pixel, showBasketCount } from "./model/page.ts";
import { picture } from "./model/picture.ts";
import { addToBasket, basket } from "./model/stored.ts";

const place = byId("product", HTMLElement);
const wanted = product(new URLSearchParams(location.search).get("id"));
showBasketCount();

if (wanted === undefined) {
  const back = element("a", { href: "/" }, "See all of them");
  place.append(element("h1", {}, "We have no such kite"), element("p", { class: "lead" }, back));
} else {
  document.title = `${wanted.name} – Windward`;
  place.append(picture(wanted, "on-page"), words(wanted));
  pixel("track", "ViewContent", {
    ...customData([{ product: wanted, quantity: 1 }]),
    content_name: wanted.name,
  });
}

function words(kite: Product): HTMLElement {
  const facts = kite.facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
  const add = element(
    "button",
    { class: "button", type: "button", "data-testid": "add-to-cart" },
    "Add to cart",
  );
  const checkout = element("a", { class: "button quiet", href: "/checkout.html", "data-testid": "checkout" });
  checkout.append("Go to checkout");
  checkout.hidden = basket().length === 0;
  const said = element("p", { class: "said", role: "status" });

  add.addEventListener("click", () => {
    addToBasket(kite);
    pixel("track", "AddToCart", { ...customData([{ product: kite, quantity: 1 }]), content_name: kite.name });
    showBasketCount();
    checkout.hidden = false;
    said.textContent = `${kite.name} is in your basket.`;
  });

  return element(
    "div",
    { class: "words" },
    element("h1", {}, kite.name),
    element("p", { class: "price" }, price(kite.priceCents)),
    element("p", { class: "lead" }, kite.story),
    element("dl", { class: "facts" }, ...facts),
    element("div", { class: "actions" }, add, checkout),
    said,
  );
}
