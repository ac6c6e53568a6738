// Delivers events to the worker: several in one request. Retries an event until there is a receipt.

import type { Page } from "../contract.ts";
import { batches, mayOutlive } from "../rules/batches.ts";
import { backoff, MAX_RETRY_MILLIS, MIN_RETRY_MILLIS, retryAfter } from "../rules/backoff.ts";
import { gatherMillis } from "../rules/gathering.ts";
import { isProblem, isReceipt } from "../rules/receipt.ts";
import { wellFormed } from "../rules/well-formed.ts";
import { site } from "../site.ts";
import type { Customers } from "./customers.ts";
import type { PageEvent } from "./page-event.ts";
import { type Debug, lookFor, withProblems } from "./problems.ts";
import type { Store, Stored } from "./stored.ts";

/** The longest time that the worker has to answer before an event is sent again, in milliseconds. */
const ANSWER_WITHIN_MILLIS = 15_000;
/** The longest time until a browser's other tabs see a write to the storage, in milliseconds. */
const TOLD_WITHIN_MILLIS = 250;

/** A stored event that is to be sent, and its key. */
interface Sending extends Pick<Stored, "dataset" | "event" | "tries"> {
  key: string;
}

/** Returns the address that takes events, for the setting `endpoint`. */
const eventsAt = (endpoint = "/bridge"): string =>
  new URL("events", new URL(`${endpoint}/`.replace(/\/+$/, "/"), site().location.href)).href;

/** Starts the delivery of events to one worker. */
export function delivery(page: Page, stored: Store, customers: Customers, debug: Debug | undefined) {
  let url = eventsAt();
  try {
    url = eventsAt(page.settings.endpoint);
  } catch {
    lookFor("endpoint");
  }
  let waiting: { dataset: string | undefined; event: PageEvent }[] = [];
  /** The keys of events that this page has sent and that have no answer yet. */
  const flying = new Set<string>();
  /** The time until which nothing is sent, in Unix milliseconds. The worker sets it with a 429. */
  let pausedUntil = 0;
  /** The host's own `sendBeacon`, before the bridge hooks it. The bridge's requests carry no fields. */
  const { sendBeacon } = navigator as Partial<Navigator>;
  /** The bytes of the requests on their way that outlive the page. */
  let alive = 0;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  /** The wait of the events that are being gathered, in milliseconds. Infinite if there are none. */
  let gatherWait = Infinity;
  let alarm: ReturnType<typeof setTimeout> | undefined;

  const flush = (leaving = false) => {
    gatherWait = Infinity;
    if (!page.granted() || (customers.pending() && !leaving)) return;
    const now = Date.now();
    const paused = pausedUntil > now && !leaving;
    const sending = waiting.map(({ dataset, event }): Sending => {
      const user_data = { ...page.visitor(), ...customers.of(dataset) };
      const complete = { dataset, event: { ...event, user_data }, tries: 0 };
      const key = stored.put(complete, paused ? pausedUntil : now + ANSWER_WITHIN_MILLIS);
      return { key, ...complete };
    });
    waiting = [];
    send(paused ? [] : sending, leaving);
  };

  /** Sends events in as few requests as possible. */
  const send = (all: Sending[], leaving = false) => {
    const sized = all.map((each) => ({ ...each, bytes: new Blob([JSON.stringify(each.event)]).size }));
    for (const { events, bytes } of batches(sized, Math.random)) void post(events, bytes, leaving);
    schedule();
  };

  const post = async (batch: Sending[], bytes: number, leaving: boolean) => {
    const { dataset, tries } = batch[0]!;
    const body = wellFormed(JSON.stringify({ dataset_id: dataset, data: batch.map(({ event }) => event) }));
    const keepalive = mayOutlive(bytes, alive);
    if (keepalive) alive += bytes;
    const landed = () => {
      if (keepalive) alive -= bytes;
    };
    const log = (status?: number, said?: unknown) =>
      debug?.(
        batch.map(({ event }) => event),
        url,
        status,
        said,
      );
    // Plain text needs no CORS preflight.
    if (leaving && keepalive && sendBeacon?.call(navigator, url, body)) {
      setTimeout(landed, ANSWER_WITHIN_MILLIS);
      log();
      return;
    }
    for (const { key } of batch) flying.add(key);
    let answer: Response | undefined;
    let said: unknown;
    const patience = new AbortController();
    const late = setTimeout(() => patience.abort(), ANSWER_WITHIN_MILLIS);
    try {
      answer = await page.ownFetch.call(window, url, {
        method: "POST",
        body,
        headers: { "content-type": "text/plain" },
        credentials: "include",
        keepalive,
        signal: patience.signal,
      });
      said = await answer.json();
    } catch {
      // Offline, blocked, late, gone, or not JSON.
    }
    clearTimeout(late);
    landed();
    for (const { key } of batch) flying.delete(key);

    const status = answer?.status ?? 0;
    log(status, said);
    const posted = { url, origin: site().location.origin, dataset };
    const told =
      isProblem(status, said, tries, navigator.onLine) &&
      withProblems(({ answered }) => answered(answer, said, posted, tries, batch.length));
    const { again, lasts } = isReceipt(status, said) ? { again: [] } : (await told) || {};
    const now = Date.now();
    const wait = retryAfter(answer?.headers.get("retry-after"), now);
    if (status === 429) pausedUntil = now + wait;
    batch.forEach(({ key, tries }, index) => {
      const pause = backoff(lasts ? Infinity : tries, Math.random());
      if (again === undefined) stored.postpone(key, now + Math.max(wait, pause));
      else if (again.flat().includes(index)) stored.postpone(key, now + ANSWER_WITHIN_MILLIS);
      else stored.remove(key);
    });
    if (page.granted()) for (const group of again ?? []) send(group.map((index) => batch[index]!));
    schedule();
  };

  /** Sends the stored events that are due by `at` and are not being sent. */
  const sweep = (at: number) => {
    if (!page.granted()) return;
    const claim = () => {
      const claimed = stored.claim(at, Date.now() + ANSWER_WITHIN_MILLIS);
      send(claimed.flatMap(([key, event]) => (flying.has(key) ? [] : { key, ...event })));
      // Other tabs see the write a moment later. Keep the lock until then.
      return new Promise((done) => setTimeout(done, TOLD_WITHIN_MILLIS));
    };
    // One tab sweeps at a time. Without locks (no https) the worker drops the duplicate by its id.
    const { locks } = navigator as Partial<Pick<Navigator, "locks">>;
    void (locks?.request("capi-bridge", claim).catch(claim) ?? claim());
  };

  const schedule = () => {
    clearTimeout(alarm);
    const next = stored.next();
    if (next < Infinity) {
      const wait = Math.max(next, pausedUntil) - Date.now();
      alarm = setTimeout(
        () => sweep(Date.now()),
        Math.min(Math.max(wait, MIN_RETRY_MILLIS), MAX_RETRY_MILLIS),
      );
    }
  };

  addEventListener("pagehide", () => flush(true));
  addEventListener("online", () => {
    // The network may have changed, and with it the server that answers.
    pausedUntil = 0;
    sweep(Date.now() + MAX_RETRY_MILLIS * 2);
  });
  schedule();

  return {
    add(dataset: string | undefined, event: PageEvent) {
      waiting.push({ dataset, event });
      const wait = gatherMillis(event.event_name);
      // The event with the shorter wait takes the others along.
      if (wait < gatherWait) {
        gatherWait = wait;
        clearTimeout(gathering);
        gathering = setTimeout(flush, wait);
      }
    },
    flush,
    forget() {
      waiting = [];
      stored.clear();
    },
  };
}
