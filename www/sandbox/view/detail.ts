// Shows one event in full: the reason, the fix, the merged view, the difference, the match quality.

import { type Child, element } from "../../element.ts";
import { adviceOn, type Advice } from "../model/advice.ts";
import type { Item } from "../model/items.ts";
import type { SeenEvent, SeenRequest } from "../model/report.ts";
import { idsOf, namesOf, refusal, type Verdict, verdict } from "../model/verdict.ts";
import { span } from "../model/words.ts";
import { codeBox } from "./code.ts";
import { differenceTable, long, mergedTable } from "./copies.ts";
import { lanes } from "./lanes.ts";
import { qualityOf } from "./quality.ts";

/** Returns the content for an item. `close` closes it. */
export function detail(item: Item, close: () => void): Child[] {
  const button = element("button", { type: "button", class: "close", "aria-label": "Close" }, "✕");
  button.addEventListener("click", close);
  const [name, says, body] = item.event
    ? [item.event.event_name, verdict(item.event), ofEvent(item.event)]
    : [namesOf(item.request), refusal(item.request), ofRequest(item.request)];
  return [head(name, says, button), ...body];
}

function head(name: string, { kind, title }: Verdict, button: HTMLElement): HTMLElement {
  return element(
    "div",
    { class: "head" },
    element("h2", { id: "detail-title", tabindex: "-1", dir: "auto" }, long(name)),
    element("strong", { class: `pill ${kind}` }, title),
    button,
  );
}

function ofEvent(event: SeenEvent): Child[] {
  const advice = adviceOn(event);
  const isPair = event.browser !== null && event.server !== null;
  return [
    element("div", { class: "picture" }, lanes(event), element("p", { class: "soft" }, meeting(event))),
    advice.length > 0 &&
      element("section", {}, element("h3", {}, "Why, and how to repair it"), ...advice.map(findingBox)),
    element("section", {}, element("h3", {}, isPair ? "Merged view" : "The only copy"), mergedTable(event)),
    isPair && element("section", {}, element("h3", {}, "Both copies"), differenceTable(event)),
    element("section", {}, element("h3", {}, "Match quality"), qualityOf(event)),
  ];
}

/** Says in one sentence how the copies met. */
function meeting(event: SeenEvent): string {
  const { browser, server, merged } = event;
  if (browser === null || server === null) {
    return `Only the ${browser === null ? "server" : "browser"} sent this event.`;
  }
  const apart = server.received_at_millis - browser.received_at_millis;
  const order = apart >= 0 ? "the server’s copy" : "the browser’s copy";
  const when = apart === 0 ? "Both copies came at once" : `After ${span(Math.abs(apart))} came ${order}`;
  const repeats = Math.max(browser.copies, server.copies);
  const again = repeats > 1 ? ` A copy came ${repeats} times and counts once.` : "";
  return `${when}${merged ? `, merged ${verdict(event).detail.split(",")[0] ?? ""}` : ""}.${again}`;
}

function findingBox({ field, severity, message, fix, code }: Advice): HTMLElement {
  return element(
    "div",
    { class: `finding ${severity}`, "data-testid": "finding" },
    element("p", {}, element("span", { class: "tag" }, severity), " ", element("code", {}, field)),
    element("p", { dir: "auto" }, long(message)),
    element("p", {}, element("strong", {}, "Fix: "), element("bdi", {}, long(fix))),
    code !== undefined && codeBox(code),
  );
}

function ofRequest(request: SeenRequest): Child[] {
  const { error } = request;
  const rows: [string, unknown][] = [
    ["title", error?.error_user_title],
    ["reason", error?.error_user_msg ?? error?.message],
    ["message", error?.message],
    ["code", error?.code],
    ["subcode", error?.error_subcode],
    ["fbtrace_id", error?.fbtrace_id ?? request.fbtrace_id],
    ["version", request.version],
    ["dataset", request.dataset_id],
    ["event ids", idsOf(request).join(", ")],
    ["partner agent", request.partner_agent],
    ["test event code", request.test_event_code],
  ];
  return [
    element(
      "p",
      { class: "soft" },
      "The whole request was answered with this error; none of its events counts.",
    ),
    element(
      "dl",
      { class: "facts" },
      ...rows
        .filter(([, value]) => value !== undefined && value !== null && value !== "")
        .flatMap(([name, value]) => [
          element("dt", {}, name),
          element("dd", { dir: "auto" }, long(String(value))),
        ]),
    ),
  ];
}
