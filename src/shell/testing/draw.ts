// Draws an event's two copies as text, side by side, for messages and reports.

import type { Copy, SeenEvent } from "./api.ts";

/** The widest that a column is, in characters. */
const MAX_COLUMN = 44;

/** Returns a drawing of one event: what each copy holds, and whether Meta sees one event. */
export function drawEvent(event: SeenEvent): string {
  const state = event.merged
    ? `one event (merged by ${event.merged_by})`
    : event.browser && event.server
      ? "not merged"
      : event.browser
        ? "the browser's copy alone"
        : "the server's copy alone";
  const rows = [["", "browser", "server"], ...FIELDS.map((field) => row(field, event))].filter(
    ([name, browser, server]) => name === "" || name === "event id" || browser !== "–" || server !== "–",
  );
  const widths = [0, 1].map((column) => Math.max(...rows.map((cells) => (cells[column] ?? "").length)));
  const lines = rows.map(([name = "", browser = "", server = ""]) => {
    const sign = name === "" || !event.browser || !event.server ? "" : browser === server ? " =" : " ≠";
    return `  ${name.padEnd(widths[0] ?? 0)}  ${browser.padEnd(widths[1] ?? 0)}${sign.padEnd(2)}  ${server}`.trimEnd();
  });
  const why = event.why_not === null ? [] : [`  why: ${event.why_not}`];
  const findings = (event.findings ?? []).map(
    ({ severity, message, fix }) => `  ${severity}: ${message} ${fix}`,
  );
  return [`${event.event_name}, dataset ${event.dataset_id}: ${state}`, ...lines, ...why, ...findings].join(
    "\n",
  );
}

/** Returns a drawing of events, the oldest first. */
export function drawEvents(events: SeenEvent[]): string {
  return events.length === 0 ? "no event" : [...events].reverse().map(drawEvent).join("\n\n");
}

interface Field {
  name: string;
  of(copy: Copy): unknown;
}

const FIELDS: Field[] = [
  { name: "event id", of: (copy) => copy.event_id },
  { name: "fbp", of: (copy) => copy.fbp },
  { name: "fbc", of: (copy) => copy.fbc },
  { name: "page", of: (copy) => copy.url },
  { name: "value", of: (copy) => copy.custom_data["value"] },
  { name: "currency", of: (copy) => copy.custom_data["currency"] },
  { name: "customer", of: (copy) => customerKeys(copy).join(" ") },
  { name: "received", of: (copy) => (copy.copies > 1 ? `${copy.copies} times` : undefined) },
];

/** Returns the keys of the customer information, without the identifiers that have a row of their own. */
export function customerKeys(copy: Copy): string[] {
  return Object.keys(copy.user_data)
    .filter((key) => !["fbp", "fbc"].includes(key))
    .sort();
}

function row({ name, of }: Field, { browser, server }: SeenEvent): [string, string, string] {
  const cell = (copy: Copy | null) => {
    const value = copy === null ? undefined : of(copy);
    if (value === undefined || value === null || value === "") return "–";
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return text.length > MAX_COLUMN ? `${text.slice(0, MAX_COLUMN - 1)}…` : text;
  };
  return [name, cell(browser), cell(server)];
}
