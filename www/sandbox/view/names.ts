// Shows the totals of each event name. A click shows the events of that name alone.

import { element } from "../../element.ts";
import type { NameTotals } from "../model/report.ts";
import { short } from "../model/words.ts";

/** More names are in the select beside the search. */
const MAX_NAMES = 12;

export function namesTable(totals: NameTotals[], choose: (name: string) => void): HTMLElement {
  const heads = ["Name", "Browser", "Server", "Merged"];
  return element(
    "table",
    { class: "names" },
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...totals.slice(0, MAX_NAMES).map((line) => row(line, choose))),
    totals.length > MAX_NAMES &&
      element("caption", {}, `and ${totals.length - MAX_NAMES} more, in the list of names`),
  );
}

function row(
  { event_name, browser, server, merged, events }: NameTotals,
  choose: (name: string) => void,
): HTMLElement {
  const button = element("button", { type: "button", dir: "auto" }, short(event_name, 60));
  button.addEventListener("click", () => choose(event_name));
  const cell = (count: number, kind: string) =>
    element("td", { class: count === 0 ? "soft" : kind }, count.toLocaleString("en"));
  return element(
    "tr",
    { "data-testid": "name", title: `${short(event_name, 200)}: ${events}` },
    element("th", { scope: "row" }, button),
    cell(browser, "browser"),
    cell(server, "server"),
    cell(merged, "merged"),
  );
}
