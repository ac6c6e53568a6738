// Shows both copies side by side, field by field, and marks the differences.

import { element } from "../../element.ts";
import type { BrowserCopy, Data, SeenEvent, ServerCopy } from "../../report.ts";
import { clock } from "./verdict.ts";

/** A field of both copies. Undefined if a copy does not have it. */
interface Compared {
  name: string;
  browser: string | undefined;
  server: string | undefined;
  /** True if a difference means something. Both sides may have different times. */
  comparable: boolean;
}

/** The fields of the customer information that are shown once, at the top. */
const SHOWN_ABOVE = ["fbp", "fbc", "client_ip_address", "client_user_agent"];

export function copies(event: SeenEvent): HTMLElement {
  const { browser, server } = event;
  const groups: [string, Compared[]][] = [
    ["", own(browser, server)],
    ["Custom data", both(browser?.custom_data, server?.custom_data)],
    ["Customer information", both(browser?.user_data, server?.user_data, SHOWN_ABOVE)],
  ];
  const head = element(
    "thead",
    {},
    element(
      "tr",
      {},
      element("th", { scope: "col" }, "Dataset ", element("code", {}, event.dataset_id)),
      element("th", { scope: "col", class: "browser" }, title("Browser’s copy", browser)),
      element("th", { scope: "col", class: "server" }, title("Server’s copy", server)),
    ),
  );
  const bodies = groups
    .filter(([, fields]) => fields.length > 0)
    .map(([name, fields]) => group(name, fields));
  return element("div", { class: "scroll" }, element("table", { class: "copies" }, head, ...bodies));
}

function title(name: string, copy: { copies: number } | null): string {
  if (copy === null) return `${name}: none`;
  return copy.copies > 1 ? `${name}, came ${copy.copies} times` : name;
}

function group(name: string, fields: Compared[]): HTMLElement {
  const heading = element("tr", {}, element("th", { scope: "rowgroup", colspan: "3", class: "group" }, name));
  return element("tbody", {}, name !== "" && heading, ...fields.map(row));
}

function row({ name, browser, server, comparable }: Compared): HTMLElement {
  const two = comparable && browser !== undefined && server !== undefined;
  const state = two ? (browser === server ? "equal" : "different") : "";
  const cell = (value: string | undefined) =>
    element("td", { class: value === undefined ? "absent" : "" }, value ?? "–");
  const mark = { equal: "=", different: "≠", "": "" }[state];
  const spoken = element("span", { class: "mark", title: state, role: "img", "aria-label": state }, mark);
  return element(
    "tr",
    { class: state },
    element("th", { scope: "row" }, name, mark !== "" && spoken),
    cell(browser),
    cell(server),
  );
}

function own(browser: BrowserCopy | null, server: ServerCopy | null): Compared[] {
  const field = (name: string, one: unknown, other: unknown, comparable = true): Compared => ({
    name,
    browser: shown(one),
    server: shown(other),
    comparable,
  });
  const arrived = (copy: BrowserCopy | ServerCopy | null) => copy && clock(copy.received_at_millis);
  return [
    field("event id", browser?.event_id, server?.event_id),
    field("fbp", browser?.fbp, server?.fbp),
    field("fbc", browser?.fbc, server?.fbc),
    field(
      "event time",
      browser?.event_time_millis === undefined ? undefined : clock(browser.event_time_millis),
      server && clock(server.event_time * 1000),
      false,
    ),
    field("arrived", arrived(browser), arrived(server), false),
    field("page", browser?.url, server?.url),
    field("referrer", browser?.referrer, server?.referrer),
    field("action source", undefined, server?.action_source),
    field("client IP address", browser?.client_ip_address, server?.client_ip_address),
    field("client user agent", browser?.client_user_agent, server?.client_user_agent),
    field("data processing options", browser?.data_processing_options, server?.data_processing_options),
    field("fbtrace_id", undefined, server?.fbtrace_id),
  ].filter(({ browser, server }) => browser !== undefined || server !== undefined);
}

/** Returns every field that one of the sides has. */
function both(browser: Data = {}, server: Data = {}, except: string[] = []): Compared[] {
  const names = new Set([...Object.keys(browser), ...Object.keys(server)]);
  return [...names]
    .filter((name) => !except.includes(name))
    .map((name) => ({ name, browser: shown(browser[name]), server: shown(server[name]), comparable: true }));
}

/**
 * Returns a value as text. The pixel writes every value as text: 59.9 and "59.9" are equal, and so is a list
 * of one.
 */
function shown(value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (Array.isArray(value) && value.length === 1 && typeof value[0] === "string") return value[0];
  return typeof value === "object" ? JSON.stringify(value, sorted, 1).replace(/\n\s*/g, " ") : String(value);
}

/** Sorts the keys of an object. Their order means nothing. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
