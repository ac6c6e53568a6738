// Faults of pairs: ids and names that differ, and copies that are missing.

import type { ObservedCopy } from "../observed.ts";
import { isOneDataset, type Paired } from "../pairing.ts";
import type { Fault } from "../site-report.ts";

/** Returns the faults that keep Meta from joining two copies. */
export function pairFaults(events: Paired[]): Fault[] {
  const faults: Fault[] = withoutId(events);
  const alone = events.filter(({ mergedBy }) => mergedBy === undefined);
  const explained = new Set<Paired>();
  for (const event of alone) {
    const [browser] = event.browser;
    if (browser === undefined || explained.has(event)) continue;
    const free = alone.filter(
      (other) =>
        other.browser.length === 0 &&
        !explained.has(other) &&
        other.visitor === event.visitor &&
        isOneDataset(other.datasetId, event.datasetId),
    );
    const sameId = free.find((other) => event.eventId !== undefined && other.eventId === event.eventId);
    const sameName = free.find((other) => other.eventName === event.eventName);
    const other = sameId ?? sameName;
    if (other === undefined) continue;
    explained.add(event).add(other);
    const copies = [...event.browser, ...other.server];
    if (sameId !== undefined) faults.push(names(event, other, copies));
    else if (event.eventId !== undefined && other.eventId !== undefined)
      faults.push(ids(event, other, copies));
    else markDoubled(faults, event, other);
  }
  for (const event of alone.filter((each) => !explained.has(each))) faults.push(missing(event));
  return faults;
}

/** A copy without an id has a counterpart that is not joined: the fault is about both. */
function markDoubled(faults: Fault[], event: Paired, other: Paired): void {
  const fault = faults.find(
    ({ rule, copies }) =>
      rule === "no-event-id" && copies.some((copy) => [...event.browser, ...other.server].includes(copy)),
  );
  fault?.copies.push(...event.browser, ...other.server);
}

/** Returns one fault for each event name and side whose copies have no id. */
function withoutId(events: Paired[]): Fault[] {
  const faults = new Map<string, Fault>();
  for (const copy of events.flatMap(({ browser, server }) => [...browser, ...server])) {
    if (copy.eventId !== undefined) continue;
    const key = `${copy.side} ${copy.eventName}`;
    const known = faults.get(key);
    if (known) {
      known.copies.push(copy);
      continue;
    }
    faults.set(key, {
      rule: "no-event-id",
      severity: "error",
      eventName: copy.eventName,
      message: `The ${copy.side}'s copy of ${copy.eventName} has no event id, so Meta cannot tell that the other copy is the same event.`,
      fix:
        copy.side === "browser"
          ? `fbq("track", "${copy.eventName}", {…}, { eventID: id }), with the id that the server sends as event_id.`
          : `"event_id": id beside "event_name": "${copy.eventName}", with the page's eventID.`,
      copies: [copy],
      pageIndex: copy.page,
    });
  }
  return [...faults.values()];
}

function ids(event: Paired, other: Paired, copies: ObservedCopy[]): Fault {
  return {
    rule: "different-ids",
    severity: "error",
    eventName: event.eventName,
    eventId: event.eventId,
    message: `${event.eventName} has the event id "${event.eventId}" in the browser and "${other.eventId}" on the server, so Meta counts two events.`,
    fix: `Make the id once and give it to both: fbq("track", "${event.eventName}", {…}, { eventID: id }) and "event_id": id.`,
    copies,
    pageIndex: copies[0]?.page ?? -1,
  };
}

function names(event: Paired, other: Paired, copies: ObservedCopy[]): Fault {
  return {
    rule: "different-names",
    severity: "error",
    eventName: event.eventName,
    eventId: event.eventId,
    message: `The event id "${event.eventId}" belongs to "${event.eventName}" in the browser and to "${other.eventName}" on the server, so Meta counts two events.`,
    fix: `"event_name": "${event.eventName}" on the server, letter by letter.`,
    copies,
    pageIndex: copies[0]?.page ?? -1,
  };
}

function missing(event: Paired): Fault {
  const isBrowsers = event.browser.length > 0;
  const copies = [...event.browser, ...event.server];
  return {
    rule: isBrowsers ? "server-copy-missing" : "browser-copy-missing",
    severity: "error",
    eventName: event.eventName,
    eventId: event.eventId,
    message: isBrowsers
      ? `${event.eventName} left the browser, and no server copy was seen.`
      : `A server's copy of ${event.eventName} was seen, and none left the browser.`,
    fix: isBrowsers
      ? `Send it from the server, too, or let capi-bridge do it: <script src="/bridge/capi-bridge.js" data-datasets="${event.datasetId || "your dataset"}"></script> before the pixel. If the back end sends it, point its Graph address at the sandbox.`
      : `fbq("track", "${event.eventName}", {…}, { eventID: ${event.eventId === undefined ? "id" : JSON.stringify(event.eventId)} }) in the page.`,
    copies,
    pageIndex: copies[0]?.page ?? -1,
  };
}
