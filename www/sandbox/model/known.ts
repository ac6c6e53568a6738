// Keeps what the page knows of the sandbox, and joins it with a report of the newest events alone. Then a page
// with thousands of events asks for a few each second.

import type { Report, SeenEvent, SeenRequest } from "./report.ts";

/** An event or a request, with its number: 0 is the first since the sandbox was last cleared. */
export type Numbered<Value> = [number: number, value: Value];

/** The differences from the page's view. */
export interface Changes {
  /** True if the page must forget everything first. */
  reset: boolean;
  /** The oldest number that the sandbox still has. */
  firstEvent: number;
  firstRequest: number;
  events: Numbered<SeenEvent>[];
  requests: Numbered<SeenRequest>[];
}

interface Entry {
  event: SeenEvent;
  text: string;
}

/** The state of the last report. */
export class Known {
  #last: Report | undefined;
  #events = new Map<number, Entry>();

  /** Returns true if this report tells nothing new. A report with `limit=1` is enough. */
  isSame(report: Report): boolean {
    return this.#last !== undefined && signature(this.#last) === signature(report);
  }

  /**
   * Returns how many of the newest events and requests are worth asking for after this report, or undefined
   * for all of them.
   */
  limitFor({ totals, total_requests }: Report): number | undefined {
    if (this.#last === undefined) return undefined;
    const events = totals.events - this.#last.totals.events;
    const requests = total_requests - this.#last.total_requests;
    return events < 0 || requests < 0 ? undefined : Math.max(events, requests) + 100;
  }

  /** Takes a report of everything. Returns what changed. */
  takeAll(report: Report): Changes {
    const last = this.#last;
    const entries = numbered(report.events, report.totals.events).map(
      ([number, event]) => [number, { event, text: JSON.stringify(event) }] as const,
    );
    const reset =
      last === undefined ||
      report.totals.events < last.totals.events ||
      report.total_requests < last.total_requests ||
      entries.some(([number, { event }]) => !isSameEvent(this.#events.get(number)?.event, event));
    const known = reset ? new Map<number, Entry>() : this.#events;
    const changed = entries.filter(([number, { text }]) => known.get(number)?.text !== text);
    this.#events = new Map(entries);
    this.#last = report;
    const requests = numbered(report.requests, report.total_requests);
    const unseen = reset ? 0 : (last?.total_requests ?? 0);
    return {
      reset,
      ...firstsOf(report),
      events: changed.map(([number, { event }]) => [number, event]),
      requests: requests.filter(([number]) => number >= unseen),
    };
  }

  /**
   * Takes a report of the newest events. Returns what changed, or undefined if an older event has changed,
   * too: then more is needed.
   */
  takeNewest(report: Report): Changes | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const { firstEvent, firstRequest } = firstsOf(report);
    const next = new Map([...this.#events].filter(([number]) => number >= firstEvent));
    const changed: Numbered<SeenEvent>[] = [];
    let repeated = 0;
    for (const [number, event] of numbered(report.events, report.totals.events)) {
      const before = next.get(number);
      if (!isSameEvent(before?.event, event)) return undefined;
      const text = JSON.stringify(event);
      if (before?.text === text) continue;
      repeated += repeats(event) - (before === undefined ? 0 : repeats(before.event));
      next.set(number, { event, text });
      changed.push([number, event]);
    }
    const isWhole =
      repeated === report.totals.repeated_copies - last.totals.repeated_copies &&
      agrees(report, next) &&
      report.requests.length >= Math.min(report.total_requests - last.total_requests, MAX_REQUESTS);
    if (!isWhole) return undefined;
    this.#events = next;
    this.#last = report;
    const requests = numbered(report.requests, report.total_requests);
    return {
      reset: false,
      firstEvent,
      firstRequest,
      events: changed,
      requests: requests.filter(([number]) => number >= last.total_requests),
    };
  }
}

/** The number of requests that the sandbox keeps. */
const MAX_REQUESTS = 1000;

/** The newest event is part of it: after a clean slate there may be as many as before. */
function signature({ totals, total_requests, counts, fault, events, requests }: Report): string {
  const [request] = requests;
  const newest = [events[0], request?.fbtrace_id, request?.received_at_millis];
  return JSON.stringify([totals, total_requests, counts, fault, newest]);
}

/** Numbers values that are newest first and end with the number `total - 1`. */
function numbered<Value>(values: Value[], total: number): Numbered<Value>[] {
  return values.map((value, index) => [total - 1 - index, value]);
}

function firstsOf({ totals, counts, total_requests }: Report) {
  return {
    firstEvent: totals.events - eventsIn(counts),
    firstRequest: Math.max(0, total_requests - MAX_REQUESTS),
  };
}

/** Every event has a server copy or only a browser copy. */
const eventsIn = (counts: Report["counts"]) => counts.server + counts.browser_only;

const repeats = ({ browser, server }: SeenEvent) => (browser?.copies ?? 1) - 1 + ((server?.copies ?? 1) - 1);

/** Returns true if the events in the map have the counts of the report. */
function agrees({ counts }: Report, events: Map<number, Entry>): boolean {
  const found = { browser: 0, server: 0, merged: 0 };
  for (const { event } of events.values()) {
    if (event.browser !== null) found.browser += 1;
    if (event.server !== null) found.server += 1;
    if (event.merged) found.merged += 1;
  }
  return (
    events.size === eventsIn(counts) &&
    found.browser === counts.browser &&
    found.server === counts.server &&
    found.merged === counts.merged
  );
}

/**
 * Returns true unless the two are different events under one number: the sandbox was restarted or cleared.
 * A copy may be added to an event, and its first id.
 */
function isSameEvent(before: SeenEvent | undefined, now: SeenEvent): boolean {
  if (before === undefined) return true;
  const isSameCopy = (side: "browser" | "server") =>
    before[side] === null || before[side].received_at_millis === now[side]?.received_at_millis;
  return (
    before.dataset_id === now.dataset_id &&
    before.event_name === now.event_name &&
    isSameCopy("browser") &&
    isSameCopy("server")
  );
}
