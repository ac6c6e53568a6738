// One request to the Conversions API: its answer, and Meta's error where it was one.

import { element } from "../../element.ts";
import type { MetaError, SeenRequest } from "../../report.ts";
import type { Row } from "./keyed.ts";
import { clock } from "./verdict.ts";

export function requestRow(request: SeenRequest): Row<SeenRequest> {
  const { error } = request;
  const head = [
    element("span", { class: request.status < 400 ? "status fine" : "status bad" }, String(request.status)),
    element("span", { class: "names" }, names(request)),
    element("time", {}, clock(request.received_at_millis)),
  ];
  const node = element("li", { "data-testid": "request", "data-status": String(request.status) });
  if (error === null) node.append(element("div", { class: "head" }, ...head));
  else
    node.append(
      element(
        "details",
        {},
        element("summary", { class: "head" }, ...head, says(error)),
        facts(request, error),
      ),
    );
  // An answer that was given stays as it is.
  return { node, update: () => undefined };
}

/** `Purchase, 2 × PageView` */
function names({ events }: SeenRequest): string {
  const counted = new Map<string, number>();
  for (const { event_name } of events) {
    const name = typeof event_name === "string" ? event_name : "(no name)";
    counted.set(name, (counted.get(name) ?? 0) + 1);
  }
  const words = [...counted].map(([name, times]) => (times > 1 ? `${times} × ${name}` : name));
  return words.join(", ") || "no events";
}

function says({ error_user_title: title = "", message = "" }: MetaError): HTMLElement {
  return element("span", { class: "says" }, title || message || "an error without a message");
}

function facts(request: SeenRequest, error: MetaError): HTMLElement {
  const ids = request.events.map(({ event_id }) => event_id).filter((id) => typeof id === "string");
  const rows: [string, unknown][] = [
    ["message", error.message],
    ["error_user_msg", error.error_user_msg],
    ["code", error.code],
    ["error_subcode", error.error_subcode],
    ["fbtrace_id", error.fbtrace_id ?? request.fbtrace_id],
    ["dataset", request.dataset_id],
    ["event ids", ids.join(", ")],
    ["partner_agent", request.partner_agent],
    ["test_event_code", request.test_event_code],
  ];
  return element(
    "dl",
    {},
    ...rows
      .filter(([, value]) => value !== undefined && value !== null && value !== "")
      .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]),
  );
}
