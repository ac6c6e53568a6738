// The checkout: InitiateCheckout when it opens, then an order to the shop's own back end.

import { byId, element } from "../element.ts";
import { customData, price, totalCents, writeLines } from "./model/lines.ts";
import { type OrderAnswer, type OrderRequest, REPORTERS } from "./model/order.ts";
import { bridge, pixel, showBasketCount } from "./model/page.ts";
import { picture } from "./model/picture.ts";
import { basket, keepOrder, removeFromBasket } from "./model/stored.ts";

const form = byId("order", HTMLFormElement);
const problem = byId("problem", HTMLParagraphElement);
const buy = form.querySelector("button");

show();
// The bridge hashes what the form knows before it leaves the page. Later events carry the hashes.
identify();
form.addEventListener("change", identify);
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

function field(name: string): string {
  return String(new FormData(form).get(name) ?? "");
}

function identify(): void {
  const [firstName, ...rest] = field("name").trim().split(/\s+/);
  bridge()?.identify({ email: field("email"), firstName, lastName: rest.join(" ") });
}

async function order(): Promise<void> {
  const lines = basket();
  const reporter = REPORTERS.find((known) => known === field("reporter")) ?? "own";
  const request: OrderRequest = {
    items: writeLines(lines),
    name: field("name"),
    email: field("email"),
    reporter,
    paysLater: field("pays-later") === "on",
  };
  problem.textContent = "";
  if (buy !== null) buy.disabled = true;
  try {
    // The order's request carries the Purchase's id, and the identifiers of the visitor. If nobody reports the order,
    // its number is the id.
    if (reporter !== "nobody") bridge()?.prepare("Purchase");
    // An ordinary request: the bridge adds its headers on the way out.
    const response = await fetch("/api/orders", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    if (!response.ok) throw new Error(`the shop answered ${response.status}`);
    const { order_id, key, thanks, identifiers } = (await response.json()) as OrderAnswer;
    keepOrder({ orderId: order_id, key, thanks, isReported: reporter !== "nobody", lines, identifiers });
    location.assign(thanks);
  } catch (error) {
    problem.textContent = `The order was not placed: ${error instanceof Error ? error.message : String(error)}. Try again.`;
    if (buy !== null) buy.disabled = false;
  }
}
