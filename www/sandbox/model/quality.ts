// Counts which identifiers of a person came by which path.

import type { BrowserCopy, Identifier, SeenEvent, ServerCopy } from "./report.ts";

/** Meta's score is not public, so every number here is an estimate. */
export const LABEL = "Our own count. Meta computes its match quality in its own way and does not publish it.";

/** The identifiers by which Meta matches, in the order of the table. */
const IDENTIFIERS = [
  ...["em", "ph", "external_id", "fbc", "fbp", "client_ip_address", "client_user_agent", "fn", "ln"],
  ...["ge", "db", "ct", "st", "zp", "country", "fb_login_id", "lead_id", "subscription_id"],
];

/** Returns the identifiers of an event: the sandbox's list, or one that is made here. */
export function identifiersOf(event: SeenEvent): Identifier[] {
  if (event.match_quality) return event.match_quality.identifiers;
  let found = made.get(event);
  if (found === undefined) made.set(event, (found = compared(event)));
  return found;
}

/** The lists that were made here. An event is replaced when it changes, so they stay true. */
const made = new WeakMap<SeenEvent, Identifier[]>();

function compared({ browser, server }: SeenEvent): Identifier[] {
  const found: Identifier[] = [];
  for (const key of IDENTIFIERS) {
    const [one, other] = [has(browser, key), has(server, key)];
    if (one || other) found.push({ key, by: one && other ? "both" : one ? "browser" : "server" });
  }
  return found;
}

function has(copy: SeenEvent["browser"] | SeenEvent["server"], key: string): boolean {
  if (copy === null) return false;
  return isGiven(besides(copy, key)) || (Object.hasOwn(copy.user_data, key) && isGiven(copy.user_data[key]));
}

/** Returns an identifier that a copy carries beside the customer information. */
function besides(copy: BrowserCopy | ServerCopy, key: string): unknown {
  switch (key) {
    case "fbp":
    case "fbc":
    case "client_ip_address":
    case "client_user_agent":
      return copy[key];
    default:
      return undefined;
  }
}

function isGiven(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== "";
}

/** The number of events that carry an identifier, by path. */
export interface Coverage {
  key: string;
  browser: number;
  server: number;
  both: number;
}

export interface Overall {
  events: number;
  /** The mean of the events' scores, 0 to 10. Null if the sandbox gives no scores. */
  score: number | null;
  /** The identifiers that an event carries, most frequent first. */
  coverage: Coverage[];
}

export function overall(events: Iterable<SeenEvent>): Overall {
  const counted = new Map<string, Coverage>();
  const scores: number[] = [];
  let count = 0;
  for (const event of events) {
    count += 1;
    if (event.match_quality) scores.push(event.match_quality.score);
    for (const { key, by } of identifiersOf(event)) {
      let line = counted.get(key);
      if (line === undefined) counted.set(key, (line = { key, browser: 0, server: 0, both: 0 }));
      line[by] += 1;
    }
  }
  const all = ({ browser, server, both }: Coverage) => browser + server + both;
  return {
    events: count,
    score: scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length,
    coverage: [...counted.values()].sort((one, other) => all(other) - all(one)),
  };
}
