// Shows which identifiers came by which path: of one event, and of all.

import { element } from "../../element.ts";
import { type Coverage, identifiersOf, LABEL, type Overall } from "../model/quality.ts";
import type { SeenEvent } from "../model/report.ts";
import { counted } from "../model/words.ts";

export function qualityOf(event: SeenEvent): HTMLElement {
  const identifiers = identifiersOf(event);
  const chips = identifiers.map(({ key, by }) =>
    element("li", { class: by }, element("code", {}, key), element("span", {}, by === "both" ? "both" : by)),
  );
  const score = event.match_quality?.score;
  return element(
    "div",
    { class: "quality", "data-testid": "quality" },
    score !== undefined && scoreLine(score),
    identifiers.length === 0
      ? element("p", {}, "No identifier of a person. Meta cannot match this event to anybody.")
      : element("ul", { class: "chips" }, ...chips),
    element("p", { class: "soft" }, LABEL),
  );
}

function scoreLine(score: number): HTMLElement {
  return element(
    "p",
    { class: "score" },
    element("strong", {}, score.toFixed(1)),
    element("span", { class: "soft" }, " of 10, our estimate "),
    element("meter", { min: "0", max: "10", value: String(score), "aria-label": "Estimated match quality" }),
  );
}

/** Returns the table of all events: which identifier comes how often, and by which path. */
export function overallQuality({ events, score, coverage }: Overall): HTMLElement {
  return element(
    "div",
    { class: "quality" },
    score !== null && scoreLine(score),
    element("ul", { class: "bars" }, ...coverage.slice(0, 10).map((line) => bar(line, events))),
    element("p", { class: "soft" }, LABEL),
  );
}

function bar({ key, browser, server, both }: Coverage, events: number): HTMLElement {
  const share = (count: number) => `${((100 * count) / events).toFixed(2)}%`;
  const part = (kind: string, count: number) => {
    const made = element("i", { class: kind });
    made.style.width = share(count);
    return made;
  };
  const words = `${counted(browser + server + both, "event")}: ${both} by both, ${browser} by the browser alone, ${server} by the server alone`;
  const percent = Math.round((100 * (browser + server + both)) / events);
  return element(
    "li",
    { title: words },
    element("code", {}, key),
    element(
      "span",
      { class: "track", role: "img", "aria-label": words },
      part("merged", both),
      part("browser", browser),
      part("server", server),
    ),
    element("span", { class: "soft" }, `${percent}%`),
  );
}
