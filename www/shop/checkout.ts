// The checkout: InitiateCheckout when it opens, then an order to the shop's own back end.

import { byId, element } from "../element.ts";
import { customData, price, totalCents, writeLines } from "./model/lines.ts";
import type { OrderAnswer, OrderRequest } from "./model/order.ts";
import { pixel, showBasketCount } from "./model/page.ts";
import { picture } from "./model/picture.ts";
import { basket, keepOrder, removeFromBasket } from "./model/stored.ts";

const form = byId("order", HTMLFormElement);
const problem = byId("problem", HTMLParagraphElement);
const buy = form.querySelector("button");

show();
if (basket().length > 0) pixel("track", "InitiateCheckout", customData(basket()));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void order();
});

function show(): void {
  const lines = basket();
  showBasketCount(lines);
  byId("empty", HTMLParagraphElement).hidden = lines.length > 0;
  byId("checkout", HTMLDivElement).hidden = lines.length === 0;
  byId("total", HTMLOutputElement).textContent = price(totalCents(lines));
  if (buy !== null) buy.textContent = `Buy for ${price(totalCents(lines))}`;
  byId("lines", HTMLUListElement).replaceChildren(
    ...lines.map((line) => {
      const label = `Remove ${line.product.name}`;
      const remove = element(
        "button",
        { class: "remove", type: "button", "aria-label": label, title: label },
        "×",
      );
      remove.addEventListener("click", () => {
        removeFromBasket(line.product);
        show();
      });
      return element(
        "li",
        {},
        picture(line.product, "in-row"),
        element("span", { class: "name" }, line.product.name),
        element("span", { class: "quantity" }, `× ${line.quantity}`),
        element("span", { class: "amount" }, price(totalCents([line]))),
        remove,
      );
    }),
  );
}

async function order(): Promise<void> {
  const lines = basket();
  const fields = new FormData(form);
  const request: OrderRequest = {
    items: writeLines(lines),
    name: String(fields.get("name")),
    email: String(fields.get("email")),
  };
  problem.textContent = "";
  if (buy !== null) buy.disabled = true;
  try {
    // An ordinary request: what identifies the visitor is attached on the way out.
    const response = await fetch("/api/orders", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    if (!response.ok) throw new Error(`the shop answered ${response.status}`);
    const { order_id, identifiers } = (await response.json()) as OrderAnswer;
    keepOrder({ orderId: order_id, lines, identifiers });
    location.assign(`/thanks.html?order=${encodeURIComponent(order_id)}`);
  } catch (error) {
    problem.textContent = `The order was not placed: ${error instanceof Error ? error.message : String(error)}. Try again.`;
    if (buy !== null) buy.disabled = false;
  }
}
