// One request to the Conversions API: its answer, and Meta's error where it was one.

import { element } from "../../element.ts";
import type { SeenRequest } from "../model/report.ts";
import { namesOf, refusal } from "../model/verdict.ts";
import { clock, short } from "../model/words.ts";

/** The names of a thousand events do not fit. */
const MAX_CHARACTERS = 80;

export function requestRow(request: SeenRequest): HTMLElement {
  const { error, status } = request;
  return element(
    "li",
    { "data-testid": "request", "data-status": String(status) },
    element("span", { class: status < 400 ? "status fine" : "status bad" }, String(status)),
    element("span", { class: "requested", dir: "auto" }, short(namesOf(request), MAX_CHARACTERS)),
    element("time", {}, clock(request.received_at_millis)),
    error !== null &&
      element("span", { class: "says", dir: "auto" }, short(refusal(request).detail, MAX_CHARACTERS)),
  );
}
