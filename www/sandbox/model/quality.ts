// Counts which identifiers of a person came by which path.

import type { Identifier, SeenEvent } from "./report.ts";

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
  const { browser, server } = event;
  return IDENTIFIERS.flatMap((key): Identifier[] => {
    const [one, other] = [has(browser, key), has(server, key)];
    if (one && other) return [{ key, by: "both" }];
    return one ? [{ key, by: "browser" }] : other ? [{ key, by: "server" }] : [];
  });
}

function has(copy: SeenEvent["browser"] | SeenEvent["server"], key: string): boolean {
  if (copy === null) return false;
  const own: Partial<Record<string, unknown>> = {
    fbp: copy.fbp,
    fbc: copy.fbc,
    client_ip_address: copy.client_ip_address,
    client_user_agent: copy.client_user_agent,
  };
  const value = own[key] ?? (Object.hasOwn(copy.user_data, key) ? copy.user_data[key] : undefined);
  return (
    value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0)
  );
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
