// Events as they are seen on their way out of a page: the pixel's hits, and posts of events to a server.

/** One transmission of an event that left a page, or that a server sent to the sandbox. */
export interface ObservedCopy {
  side: "browser" | "server";
  /** Empty if the transmission does not name it. */
  datasetId: string;
  eventName: string;
  eventId?: string | undefined;
  eventTimeMillis?: number | undefined;
  actionSource?: string | undefined;
  fbp?: string | undefined;
  fbc?: string | undefined;
  /** The page's address, as the event states it. */
  url?: string | undefined;
  referrer?: string | undefined;
  userData: Record<string, unknown>;
  customData: Record<string, unknown>;
  /** The visitor, counted from 0: each has a browser profile of its own. */
  visitor: number;
  /** The index of the page in `pages`; -1 if it is not known. */
  page: number;
}

/** One document that the browser loaded. */
export interface VisitedPage {
  url: string;
  visitor: number;
  /** The cookie `_fbp` when the page was looked at. */
  fbp?: string | undefined;
  fbc?: string | undefined;
  /** E-mail addresses in the page and its fields, as they stand there. */
  emails?: string[];
}

/** The text of a document or script, to find the line of a call in. */
export interface Source {
  url: string;
  text: string;
}

/** A copy before it is known whose it is. */
export type Parsed = Omit<ObservedCopy, "visitor" | "page">;

/** Returns the pixel's hit in a request to `/tr`, if it is one. `body` is a form or empty. */
export function parseHit(address: string, body = ""): Parsed | undefined {
  if (!URL.canParse(address)) return undefined;
  const { pathname, searchParams } = new URL(address);
  if (!/^\/tr\/?$/.test(pathname)) return undefined;
  const pairs = [...searchParams, ...new URLSearchParams(body)];
  const newestFirst = [...pairs].reverse();
  const get = (name: string) => newestFirst.find(([each, value]) => each === name && value !== "")?.[1];
  const [datasetId, eventName] = [get("id"), get("ev")];
  if (datasetId === undefined || eventName === undefined) return undefined;
  const bracketed = (name: string) =>
    pairs.flatMap(([each, value]) => {
      const inner = each.startsWith(`${name}[`) && each.endsWith("]") ? each.slice(name.length + 1, -1) : "";
      return inner === "" ? [] : [[inner, nested(value)] as const];
    });
  const time = Number(get("ts"));
  return {
    side: "browser",
    datasetId,
    eventName,
    eventId: get("eid"),
    eventTimeMillis: time > 0 ? time : undefined,
    fbp: get("fbp"),
    fbc: get("fbc"),
    url: get("dl"),
    referrer: get("rl"),
    userData: Object.fromEntries([...bracketed("udff"), ...bracketed("ud")]),
    customData: Object.fromEntries(bracketed("cd")),
  };
}

/** Objects and lists travel as JSON text. */
function nested(value: string): unknown {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** The names that event servers give to the fields of an event; the Conversions API's first. */
const NAMES = ["event_name", "eventName"];
const IDS = ["event_id", "eventId", "eventID"];

/**
 * Returns the events of a request body with the Conversions API's shape or one near it: an object with `data`, a list, or
 * one event. Returns none for any other body.
 */
export function parsePost(body: string): Parsed[] {
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch {
    return [];
  }
  const outer = fields(read);
  const list = Array.isArray(read) ? read : Array.isArray(outer["data"]) ? outer["data"] : [read];
  return list.flatMap((each) => {
    const event = fields(each);
    const eventName = text(event, NAMES);
    const isEvent = IDS.some((key) => key in event) || "user_data" in event || "action_source" in event;
    return eventName !== undefined && isEvent
      ? [parsedEvent(eventName, event, text(outer, ["dataset_id", "pixel_id"]) ?? "")]
      : [];
  });
}

/** Returns a copy of a Conversions API event. */
export function parsedEvent(eventName: string, event: Record<string, unknown>, datasetId: string): Parsed {
  const userData = fields(event["user_data"]);
  const time = event["event_time"];
  return {
    side: "server",
    datasetId,
    eventName,
    eventId: text(event, IDS),
    eventTimeMillis: typeof time === "number" ? time * 1000 : undefined,
    actionSource: text(event, ["action_source"]),
    fbp: text(userData, ["fbp"]) ?? text(event, ["fbp"]),
    fbc: text(userData, ["fbc"]) ?? text(event, ["fbc"]),
    url: text(event, ["event_source_url"]),
    referrer: text(event, ["referrer_url"]),
    userData,
    customData: fields(event["custom_data"]),
  };
}

const fields = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

function text(event: Record<string, unknown>, keys: string[]): string | undefined {
  const value = keys
    .map((key) => event[key])
    .find((each) => each !== undefined && each !== null && each !== "");
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
