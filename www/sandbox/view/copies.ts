// Draws the merged view of an event, and both copies side by side with their differences.

import { type Child, element } from "../../element.ts";
import { type Compared, differences, type Group, mergedView } from "../model/differences.ts";
import type { SeenEvent } from "../model/report.ts";
import { short } from "../model/words.ts";

/** A longer value is cut, with a button that shows the rest. */
const MAX_CHARACTERS = 400;

/** Returns a text for the page; a long one is cut and can be opened. */
export function long(text: string): Child {
  if (text.length <= MAX_CHARACTERS) return text;
  const shown = document.createTextNode(short(text, MAX_CHARACTERS));
  const button = element(
    "button",
    { type: "button", class: "more" },
    `all ${text.length.toLocaleString("en")} characters`,
  );
  button.addEventListener("click", () => {
    shown.data = text;
    button.remove();
  });
  return element("span", {}, shown, " ", button);
}

export function mergedTable(event: SeenEvent): HTMLElement {
  const rows = mergedView(event).map(({ name, value, from }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", dir: "auto" }, long(name)),
      element("td", { dir: "auto" }, long(value)),
      element("td", { class: `from ${from}` }, from),
    ),
  );
  const heads = ["Field", "Value", "From"].map((head) => element("th", { scope: "col" }, head));
  const both = event.browser !== null && event.server !== null;
  return element(
    "div",
    {},
    both &&
      element(
        "p",
        { class: "soft" },
        "The first copy’s fields, and those that only the other has. Where both differ, Meta’s pages disagree on which counts.",
      ),
    element(
      "table",
      { class: "merged-view" },
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...rows),
    ),
  );
}

export function differenceTable(event: SeenEvent): HTMLElement {
  const { browser, server, dataset_id } = event;
  const head = element(
    "tr",
    {},
    element("th", { scope: "col" }, "Dataset ", element("code", {}, dataset_id)),
    element("th", { scope: "col", class: "browser" }, title("Browser", browser)),
    element("th", { scope: "col", class: "server" }, title("Server", server)),
  );
  return element(
    "table",
    { class: "copies" },
    element("thead", {}, head),
    ...differences(event).map(groupOf),
  );
}

function title(name: string, copy: { copies: number } | null): string {
  if (copy === null) return `${name}: no copy`;
  return copy.copies > 1 ? `${name}, ${copy.copies} times` : name;
}

function groupOf({ name, fields }: Group): HTMLElement {
  const heading = element("tr", {}, element("th", { scope: "rowgroup", colspan: "3", class: "group" }, name));
  return element("tbody", {}, heading, ...fields.map(row));
}

function row({ name, browser, server, is }: Compared): HTMLElement {
  const cell = (value: string | undefined) =>
    element("td", { class: value === undefined ? "absent" : "", dir: "auto" }, long(value ?? "–"));
  const mark = is === "equal" ? "=" : is === "different" ? "≠" : "";
  const spoken = element("span", { class: "mark", title: is, role: "img", "aria-label": is }, mark);
  return element(
    "tr",
    { class: is },
    element("th", { scope: "row" }, element("bdi", {}, long(name)), mark !== "" && spoken),
    cell(browser),
    cell(server),
  );
}
