// Finds which observed copies Meta would take for one event, by its two documented methods.

import type { ObservedCopy } from "./observed.ts";

/** An event: its copies, and how they belong together. */
export interface Paired {
  datasetId: string;
  eventName: string;
  eventId: string | undefined;
  visitor: number;
  browser: ObservedCopy[];
  server: ObservedCopy[];
  mergedBy: "event_id" | "fbp" | undefined;
}

/**
 * Returns the events. First copies with one name and one id are joined, then a browser's and a server's copy with one
 * name and one fbp, of which one has no id. (Meta, "Handling Duplicate Pixel and Conversions API Events")
 */
export function pair(copies: ObservedCopy[]): Paired[] {
  const events: Paired[] = [];
  for (const copy of copies) {
    const same = events.find(
      (event) =>
        copy.eventId !== undefined &&
        event.eventId === copy.eventId &&
        event.eventName === copy.eventName &&
        event.visitor === copy.visitor &&
        isOneDataset(event.datasetId, copy.datasetId),
    );
    if (same) {
      same[copy.side].push(copy);
      if (same.datasetId === "") same.datasetId = copy.datasetId;
      continue;
    }
    events.push({
      datasetId: copy.datasetId,
      eventName: copy.eventName,
      eventId: copy.eventId,
      visitor: copy.visitor,
      browser: copy.side === "browser" ? [copy] : [],
      server: copy.side === "server" ? [copy] : [],
      mergedBy: undefined,
    });
  }
  for (const event of events) {
    if (event.browser.length > 0 && event.server.length > 0) event.mergedBy = "event_id";
  }
  return joinByPerson(events);
}

function joinByPerson(events: Paired[]): Paired[] {
  const joined = new Set<Paired>();
  for (const event of events) {
    const fbp = event.browser[0]?.fbp;
    if (fbp === undefined || event.server.length > 0) continue;
    const other = events.find(
      (each) =>
        !joined.has(each) &&
        each.browser.length === 0 &&
        each.eventName === event.eventName &&
        each.visitor === event.visitor &&
        isOneDataset(each.datasetId, event.datasetId) &&
        each.server[0]?.fbp === fbp &&
        (event.eventId === undefined || each.eventId === undefined),
    );
    if (other === undefined) continue;
    event.server.push(...other.server);
    event.mergedBy = "fbp";
    joined.add(other);
  }
  return events.filter((event) => !joined.has(event));
}

/** A post that names no dataset may be for any. */
export const isOneDataset = (one: string, other: string) => one === other || one === "" || other === "";
