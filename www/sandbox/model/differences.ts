// Compares both copies of an event, field by field.

import type { BrowserCopy, Data, SeenEvent, ServerCopy } from "./report.ts";
import { clock } from "./words.ts";

/** A field of both copies. Undefined if a copy does not have it. */
export interface Compared {
  name: string;
  browser: string | undefined;
  server: string | undefined;
  /** The outcome. `apart`: both copies have a value and may differ, as their times do. */
  is: "equal" | "different" | "browser" | "server" | "apart";
}

/** Fields under one heading. */
export interface Group {
  name: string;
  fields: Compared[];
}

/** The fields of the customer information that are shown once, at the top. */
const SHOWN_ABOVE = ["fbp", "fbc", "client_ip_address", "client_user_agent"];

/** Meta documents nothing for two copies of servers, so the merged view leaves this group out. */
const OF_LATER_COPIES = "Customer information of later server copies";

/** Returns every field that a copy has, in groups. */
export function differences({ browser, server }: SeenEvent): Group[] {
  return [
    { name: "Event", fields: own(browser, server) },
    { name: "Custom data", fields: both(browser?.custom_data, server?.custom_data) },
    { name: "Customer information", fields: both(browser?.user_data, server?.user_data, SHOWN_ABOVE) },
    { name: OF_LATER_COPIES, fields: both({}, server?.later_user_data) },
  ].filter(({ fields }) => fields.length > 0);
}

function own(browser: BrowserCopy | null, server: ServerCopy | null): Compared[] {
  const time = (millis: number | null | undefined) =>
    typeof millis === "number" ? clock(millis) : undefined;
  const seconds = server?.event_time;
  return [
    field("event id", browser?.event_id, server?.event_id),
    field("fbp", browser?.fbp, server?.fbp),
    field("fbc", browser?.fbc, server?.fbc),
    field(
      "event time",
      time(browser?.event_time_millis),
      time(seconds === undefined ? seconds : seconds * 1000),
      false,
    ),
    field("received", time(browser?.received_at_millis), time(server?.received_at_millis), false),
    field("page", browser?.url, server?.url),
    field("referrer", browser?.referrer, server?.referrer),
    field("action source", undefined, server?.action_source),
    field("client IP address", browser?.client_ip_address, server?.client_ip_address),
    field("client user agent", browser?.client_user_agent, server?.client_user_agent),
    field("data processing options", browser?.data_processing_options, server?.data_processing_options),
    field("fbtrace_id", undefined, server?.fbtrace_id),
  ].filter(({ browser, server }) => browser !== undefined || server !== undefined);
}

/** Returns every field that one of the objects has. */
function both(browser: Data = {}, server: Data = {}, except: string[] = []): Compared[] {
  const names = new Set([...Object.keys(browser), ...Object.keys(server)]);
  return [...names]
    .filter((name) => !except.includes(name))
    .map((name) => field(name, valueOf(browser, name), valueOf(server, name)));
}

/** Reads an object's own field. `__proto__` in an event is a field like any other. */
const valueOf = (data: Data, name: string) => (Object.hasOwn(data, name) ? data[name] : undefined);

function field(name: string, one: unknown, other: unknown, comparable = true): Compared {
  const [browser, server] = [shown(one), shown(other)];
  if (browser === undefined || server === undefined) {
    return { name, browser, server, is: browser === undefined ? "server" : "browser" };
  }
  if (!comparable) return { name, browser, server, is: "apart" };
  return { name, browser, server, is: browser === server ? "equal" : "different" };
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

/** A field of the merged event, and the copies it came from. */
export interface Merged {
  name: string;
  value: string;
  from: "browser" | "server" | "both";
}

/**
 * Returns the event that both copies make together: the copy that came first, and the fields that only the
 * other has. Meta says that it keeps the first copy, and on another page that it favours the browser's within
 * five minutes, so a field that differs is an estimate.
 */
export function mergedView(event: SeenEvent): Merged[] {
  const { browser, server } = event;
  const isServerFirst =
    browser === null || (server !== null && server.received_at_millis < browser.received_at_millis);
  return differences(event)
    .filter(({ name }) => name !== OF_LATER_COPIES)
    .flatMap(({ fields }) => fields)
    .filter(({ name }) => name !== "received" && name !== "fbtrace_id")
    .flatMap(({ name, browser, server, is }): Merged[] => {
      const [first, second] = isServerFirst ? [server, browser] : [browser, server];
      const value = first ?? second;
      if (value === undefined) return [];
      if (is === "equal") return [{ name, value, from: "both" }];
      const isServer = isServerFirst ? server !== undefined : browser === undefined;
      return [{ name, value, from: isServer ? "server" : "browser" }];
    });
}
