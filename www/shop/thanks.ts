// After the order: Purchase, and what the back end learned with the order.

import { byId, element } from "../element.ts";
import { customData, price, totalCents } from "./model/lines.ts";
import type { Identifiers, OrderState, Report } from "./model/order.ts";
import { pixel, showBasketCount } from "./model/page.ts";
import { picture } from "./model/picture.ts";
import { type StoredOrder, storedOrder } from "./model/stored.ts";

const place = byId("thanks", HTMLDivElement);
const order = storedOrder(location.pathname + location.search);
const orderId = order?.orderId ?? new URLSearchParams(location.search).get("order") ?? "";
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
  place.append(
    bought(order),
    received(order.identifiers),
    reported(order),
    element("p", { class: "hint" }, hint),
  );
  // As on many shops, a reload tracks it again: by the order's number it is known as one that went out.
  const eventID = order.identifiers.event_id ?? "";
  // The id that `prepare` put on the order's request. Without it, the order's number gives the id.
  const options = order.isReported && eventID !== "" ? [{ eventID }] : [];
  pixel("track", "Purchase", { ...customData(order.lines), order_id: orderId }, ...options);
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

/** The time between two questions for the state of the order, in milliseconds. */
const ASK_EVERY_MILLIS = 1000;

/** Shows the request with which the shop's system reports the paid order, once it was sent. */
function reported({ key, isReported }: StoredOrder): HTMLElement {
  const address = `/api/orders/${encodeURIComponent(key)}`;
  const card = element("section", { class: "card received", "data-testid": "report" });
  const pay = element(
    "button",
    { class: "button", type: "button", "data-testid": "pay" },
    "Let the payment arrive",
  );
  const ask = async (path = address, method = "GET") => {
    const answer = await fetch(path, { method });
    if (answer.ok) show((await answer.json()) as OrderState);
    else
      card.replaceChildren(
        title(),
        element("p", {}, "The shop has forgotten this order since it started again."),
      );
  };
  const title = () => element("h2", {}, "What the shop told the bridge");
  let isShown = false;
  const show = ({ isPaid, report }: OrderState) => {
    // Two answers may come with the report. The second would close its body again.
    if (isShown) return;
    isShown = report !== undefined;
    if (report) return card.replaceChildren(title(), ...sent(report));
    if (isPaid && !isReported) {
      return card.replaceChildren(title(), element("p", {}, "Nothing: the page is alone."));
    }
    const words = isPaid ? "The report is on its way." : "The order is not paid yet.";
    card.replaceChildren(title(), element("p", {}, words), !isPaid ? pay : "");
    setTimeout(() => void ask().catch(() => undefined), ASK_EVERY_MILLIS);
  };
  pay.addEventListener("click", () => void ask(`${address}/payment`, "POST").catch(() => undefined));
  void ask().catch(() => undefined);
  return card;
}

function sent({ path, proof, body, status }: Report): HTMLElement[] {
  return [
    element(
      "p",
      {},
      element("code", {}, `POST ${path}`),
      ", proved by ",
      element("code", {}, proof),
      ", answered ",
      element("strong", { "data-testid": "report-status" }, String(status)),
    ),
    element(
      "details",
      {},
      element("summary", {}, "The body"),
      element("pre", {}, JSON.stringify(JSON.parse(body), null, 2)),
    ),
  ];
}
