// Shows one event: a summary line, and below it both copies once the line is opened.

import { element } from "../../element.ts";
import type { SeenEvent } from "../../report.ts";
import { copies } from "./copies.ts";
import type { Row } from "./keyed.ts";
import { lanes } from "./lanes.ts";
import { clock, firstSeenMillis, verdict } from "./verdict.ts";

/** Returns the keys by which the next report's event is recognised: its id, and the arrival of each copy. */
export function keysOf({ dataset_id, event_name, event_id, browser, server }: SeenEvent): string[] {
  const key = (kind: string, value: unknown) => JSON.stringify([kind, dataset_id, event_name, value]);
  return [
    ...(event_id === null ? [] : [key("id", event_id)]),
    ...(browser === null
      ? []
      : [key("browser", [browser.received_at_millis, browser.event_id, browser.fbp])]),
    ...(server === null
      ? []
      : [key("server", [server.received_at_millis, server.event_id, server.fbtrace_id])]),
  ];
}

export function eventRow(first: SeenEvent): Row<SeenEvent> {
  let event = first;
  const summary = element("summary");
  const inside = element("div", { class: "inside" });
  const details = element("details", {}, summary, inside);
  const node = element("li", { class: "event", "data-testid": "event" }, details);

  const drawInside = () => inside.replaceChildren(...(details.open ? [copies(event)] : []));
  const update = (newer: SeenEvent) => {
    event = newer;
    const { kind } = verdict(event);
    node.dataset["eventName"] = event.event_name;
    node.dataset["merged"] = String(event.merged);
    node.dataset["verdict"] = kind;
    summary.replaceChildren(...line(event));
    drawInside();
  };
  details.addEventListener("toggle", drawInside);
  update(event);
  return { node, update };
}

function line(event: SeenEvent): HTMLElement[] {
  const { kind, title, detail } = verdict(event);
  const seen = new Date(firstSeenMillis(event));
  return [
    element("time", { datetime: seen.toISOString() }, clock(seen.getTime())),
    element(
      "span",
      { class: "what" },
      element("strong", {}, event.event_name),
      element("code", {}, event.event_id ?? "no event id"),
    ),
    element("span", { class: "picture" }, lanes(event)),
    element(
      "span",
      { class: `verdict ${kind}` },
      element("strong", {}, title),
      kind === "merged" && element("span", {}, detail),
    ),
    ...(kind === "merged" || detail === "" ? [] : [element("span", { class: "why" }, detail)]),
  ];
}
