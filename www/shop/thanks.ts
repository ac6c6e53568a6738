// After the order: Purchase, and what the back end learned with the order.

import { byId, element } from "../element.ts";
import { customData, price, totalCents } from "./model/lines.ts";
import type { Identifiers } from "./model/order.ts";
import { pixel, showBasketCount } from "./model/page.ts";
import { picture } from "./model/picture.ts";
import { type StoredOrder, storedOrder } from "./model/stored.ts";

const place = byId("thanks", HTMLDivElement);
const orderId = new URLSearchParams(location.search).get("order") ?? "";
const order = storedOrder(orderId);
showBasketCount();

place.append(
  element("h1", {}, order === undefined ? "Your order" : "Thank you"),
  element("p", { class: "lead" }, "Order ", element("strong", { "data-testid": "order-id" }, orderId)),
);
if (order === undefined) {
  const home = element("a", { href: "/" }, "Back to the kites");
  place.append(
    element("p", {}, "This browser has placed no order of this number, so no purchase is reported. ", home),
  );
} else {
  const hint = "Reload this page: the shop tracks the purchase again, and it goes out once all the same.";
  place.append(bought(order), received(order.identifiers), element("p", { class: "hint" }, hint));
  // As on many shops, a reload tracks it again: by the order's number it is known as one that went out.
  pixel("track", "Purchase", { ...customData(order.lines), order_id: orderId });
}

function bought({ lines }: StoredOrder): HTMLElement {
  const items = lines.map((line) =>
    element(
      "li",
      {},
      picture(line.product, "in-row"),
      element("span", { class: "name" }, line.product.name),
      element("span", { class: "quantity" }, `× ${line.quantity}`),
      element("span", { class: "amount" }, price(totalCents([line]))),
    ),
  );
  const total = element("p", { class: "total" }, element("span", {}, "Total"), price(totalCents(lines)));
  return element("section", { class: "card" }, element("ul", { class: "lines" }, ...items), total);
}

/** The order went out with a plain `fetch`: here is what arrived with it. */
function received({ fbp, fbc, event_id }: Identifiers): HTMLElement {
  const rows = Object.entries({ "x-capi-fbp": fbp, "x-capi-fbc": fbc, "x-capi-event-id": event_id });
  return element(
    "details",
    { class: "card received", open: "" },
    element("summary", {}, "What the shop’s back end received with the order"),
    element("p", {}, "The page sent a plain fetch. These headers were attached on the way out:"),
    element(
      "dl",
      {},
      ...rows.flatMap(([name, value]) => [
        element("dt", {}, name),
        element("dd", {}, typeof value === "string" ? value : "not attached"),
      ]),
    ),
  );
}
