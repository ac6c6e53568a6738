// A worker that asks the sandbox for news each second, so that the page never waits for a large report.

import { type Changes, Known } from "./model/known.ts";
import type { Report } from "./model/report.ts";

/** A message to the page. A large report comes in several; `isLast` marks the end. */
export type News =
  | { kind: "same"; nowMillis: number }
  | { kind: "away" }
  | { kind: "changes"; head: Omit<Report, "events" | "requests">; changes: Changes; isLast: boolean };

/** A message from the page. */
export type Order = "look" | "pause" | "resume";

const EVERY_MILLIS = 1000;
const ANSWER_WITHIN_MILLIS = 15_000;
/** The page takes so many events at once. */
const CHUNK = 250;
/** After so many answers without news, older events are read again: their reasons may have changed. */
const QUIET_ANSWERS = 3;

const known = new Known();
let isPaused = false;
let isLooking = false;
/** The number of answers without news since the last ones, or undefined if everything was read since. */
let quiet: number | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  if (data !== "look") isPaused = data === "pause";
  if (!isPaused) void look();
});
void look();

async function look(): Promise<void> {
  if (isLooking) return;
  isLooking = true;
  clearTimeout(timer);
  try {
    await read();
  } catch {
    // The sandbox may have been restarted by the next answer, with as many events as before.
    quiet = QUIET_ANSWERS;
    tell({ kind: "away" });
  }
  isLooking = false;
  timer = setTimeout(() => void (isPaused || look()), EVERY_MILLIS);
}

async function read(): Promise<void> {
  const head = await ask(1);
  if (known.isSame(head)) {
    if (quiet !== undefined && ++quiet >= QUIET_ANSWERS) {
      quiet = undefined;
      const report = await ask();
      const changes = known.takeAll(report);
      if (changes.reset || changes.events.length + changes.requests.length > 0) return send(report, changes);
    }
    tell({ kind: "same", nowMillis: head.now_millis });
    return;
  }
  for (let limit = known.limitFor(head); limit !== undefined; limit *= 8) {
    const report = await ask(limit);
    const changes = known.takeNewest(report);
    if (changes !== undefined) {
      quiet = 0;
      send(report, changes);
      return;
    }
    if (report.events.length < limit) break;
  }
  const report = await ask();
  quiet = undefined;
  send(report, known.takeAll(report));
}

/** Asks for the newest events and requests, or for all. */
async function ask(limit?: number): Promise<Report> {
  const response = await fetch(limit === undefined ? "/api/events" : `/api/events?limit=${limit}`, {
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.timeout(ANSWER_WITHIN_MILLIS),
  });
  if (!response.ok) throw new Error(`the sandbox answered ${response.status}`);
  return (await response.json()) as Report;
}

function send({ events: _, requests: __, ...head }: Report, changes: Changes): void {
  const { events, requests, reset, ...firsts } = changes;
  for (let start = 0; start === 0 || start < events.length; start += CHUNK) {
    tell({
      kind: "changes",
      head,
      changes: {
        ...firsts,
        reset: reset && start === 0,
        events: events.slice(start, start + CHUNK),
        requests: start === 0 ? requests : [],
      },
      isLast: start + CHUNK >= events.length,
    });
  }
}

function tell(news: News): void {
  postMessage(news);
}
