// Counts events per name and per dataset.

import type { NameTotals, SeenEvent } from "./report.ts";

/** Returns the totals of every name, most events first. */
export function totalsByName(events: Iterable<SeenEvent>): NameTotals[] {
  const counted = new Map<string, NameTotals>();
  for (const { event_name, browser, server, merged } of events) {
    let line = counted.get(event_name);
    if (line === undefined) {
      counted.set(event_name, (line = { event_name, browser: 0, server: 0, merged: 0, events: 0 }));
    }
    line.events += 1;
    line.browser += browser === null ? 0 : 1;
    line.server += server === null ? 0 : 1;
    line.merged += merged ? 1 : 0;
  }
  return inOrder([...counted.values()]);
}

/** Sorts totals: most events first, then by name. */
export function inOrder(totals: NameTotals[]): NameTotals[] {
  return [...totals].sort(
    (one, other) => Math.sign(other.events - one.events) * 2 + (one.event_name < other.event_name ? -1 : 1),
  );
}

/** Returns the dataset ids, sorted. */
export function datasetsOf(events: Iterable<SeenEvent>): string[] {
  const found = new Set<string>();
  for (const { dataset_id } of events) found.add(dataset_id);
  return [...found].sort();
}
