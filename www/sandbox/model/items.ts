// Chooses the events and refused requests that the list shows, by search and filter.

import type { SeenEvent, SeenRequest } from "./report.ts";
import { firstSeenMillis, idsOf, type Kind, verdict } from "./verdict.ts";

/** One line of the list. `key` stays the same from report to report. */
export type Item =
  | { key: string; millis: number; event: SeenEvent; request?: never }
  | { key: string; millis: number; request: SeenRequest; event?: never };

/** The wish of the reader. An empty text means everything. */
export interface Wish {
  text: string;
  name: string;
  dataset: string;
  kind: "" | Kind;
}

export const EVERYTHING: Wish = { text: "", name: "", dataset: "", kind: "" };

/** Events and requests, each newest first, with their numbers. */
export interface Kept {
  events: Iterable<[number: number, event: SeenEvent]>;
  requests: Iterable<[number: number, request: SeenRequest]>;
}

/** Returns the items that match, newest first. Of the requests, only those with an error are items. */
export function itemsOf({ events, requests }: Kept, wish: Wish): Item[] {
  const words = wish.text.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen: Item[] = [];
  if (wish.kind !== "refused") {
    for (const [number, event] of events) {
      if (keepsEvent(event, wish, words)) {
        chosen.push({ key: `e${number}`, millis: firstSeenMillis(event), event });
      }
    }
  }
  const refused: Item[] = [];
  if (wish.kind === "" || wish.kind === "refused") {
    for (const [number, request] of requests) {
      if (request.error !== null && keepsRequest(request, wish, words)) {
        refused.push({ key: `r${number}`, millis: request.received_at_millis, request });
      }
    }
  }
  return joined(chosen, refused);
}

function keepsEvent(event: SeenEvent, wish: Wish, words: string[]): boolean {
  return (
    (wish.name === "" || wish.name === event.event_name) &&
    (wish.dataset === "" || wish.dataset === event.dataset_id) &&
    (wish.kind === "" || wish.kind === verdict(event).kind) &&
    (words.length === 0 || hasAll(textOfEvent(event), words))
  );
}

function keepsRequest(request: SeenRequest, wish: Wish, words: string[]): boolean {
  return (
    (wish.name === "" || request.events.some(({ event_name }) => event_name === wish.name)) &&
    (wish.dataset === "" || wish.dataset === request.dataset_id) &&
    (words.length === 0 || hasAll(textOfRequest(request), words))
  );
}

const hasAll = (text: string, words: string[]) => words.every((word) => text.includes(word));

/** The searched texts, made once for each event and request. */
const texts = new WeakMap<object, string>();

function remembered(of: object, make: () => unknown[]): string {
  let text = texts.get(of);
  if (text === undefined) {
    text = make()
      .filter((part) => typeof part === "string")
      .join("\n")
      .toLowerCase();
    texts.set(of, text);
  }
  return text;
}

function textOfEvent(event: SeenEvent): string {
  const { event_name, event_id, dataset_id, browser, server } = event;
  return remembered(event, () => [event_name, event_id, browser?.event_id, server?.event_id, dataset_id]);
}

function textOfRequest(request: SeenRequest): string {
  const { events, dataset_id, fbtrace_id, error } = request;
  return remembered(request, () => [
    ...events.map(({ event_name }) => event_name),
    ...idsOf(request),
    ...[dataset_id, fbtrace_id, error?.message, error?.error_user_title],
  ]);
}

/** Joins two lists, each newest first, to one. The order of each list stays. */
function joined(events: Item[], requests: Item[]): Item[] {
  if (requests.length === 0) return events;
  const all: Item[] = [];
  let next = 0;
  for (const event of events) {
    for (; next < requests.length; next += 1) {
      const request = requests[next];
      if (request === undefined || request.millis < event.millis) break;
      all.push(request);
    }
    all.push(event);
  }
  all.push(...requests.slice(next));
  return all;
}
