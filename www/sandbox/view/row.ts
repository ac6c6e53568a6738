// Draws one row of the list: an event with its picture, or a request that was refused.

import { element } from "../../element.ts";
import type { Item } from "../model/items.ts";
import type { SeenEvent, SeenRequest } from "../model/report.ts";
import { idsOf, namesOf, refusal, type Verdict, verdict } from "../model/verdict.ts";
import { clock, short } from "../model/words.ts";
import { lanes } from "./lanes.ts";

/** More does not fit a row. */
const MAX_CHARACTERS = 120;

export function drawRow({ key, millis, event, request }: Item): HTMLElement {
  const node = element("div", { class: "row", role: "option", id: `row-${key}`, "data-key": key });
  const time = element("time", { datetime: isoOf(millis) }, clock(millis));
  node.append(time, ...(event ? ofEvent(node, event) : ofRequest(node, request)));
  return node;
}

function ofEvent(node: HTMLElement, event: SeenEvent): HTMLElement[] {
  const says = verdict(event);
  node.dataset["testid"] = "event";
  node.dataset["eventName"] = short(event.event_name, MAX_CHARACTERS);
  node.dataset["merged"] = String(event.merged);
  node.dataset["verdict"] = says.kind;
  return [
    what(event.event_name, event.event_id ?? "no event id"),
    element("span", { class: "picture" }, lanes(event)),
    told(says),
  ];
}

function ofRequest(node: HTMLElement, request: SeenRequest): HTMLElement[] {
  const says = refusal(request);
  node.dataset["testid"] = "refused";
  node.dataset["verdict"] = says.kind;
  const ids = idsOf(request);
  return [
    what(namesOf(request), ids.length > 0 ? ids.slice(0, 3).join(", ") : "no event id"),
    element("span", { class: "picture refusal", "aria-hidden": "true" }, "✕"),
    told(says),
  ];
}

function what(name: string, id: string): HTMLElement {
  return element(
    "span",
    { class: "what" },
    element("strong", { dir: "auto" }, short(name, MAX_CHARACTERS)),
    element("code", { dir: "auto" }, short(id, MAX_CHARACTERS)),
  );
}

function told({ kind, title, detail }: Verdict): HTMLElement {
  return element(
    "span",
    { class: `verdict ${kind}` },
    element("strong", {}, title),
    element("span", { dir: "auto" }, short(detail, MAX_CHARACTERS)),
  );
}

/** A time that no calendar has is left out: the clock of a test may be anywhere. */
export function isoOf(millis: number): string {
  const date = new Date(millis);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
