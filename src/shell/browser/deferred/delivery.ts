// The way to the worker: events of one moment travel together, and whatever did not arrive goes again.

import type { Page } from "../deferred.ts";
import type { Customers } from "./customers.ts";
import type { PageEvent } from "./page-event.ts";
import type { Store, Stored } from "./stored.ts";

/** How long events are gathered, in milliseconds. */
const TOGETHER_MILLIS = 50;
/** How long the worker has to answer before an event is sent again, in milliseconds. */
const ANSWER_WITHIN_MILLIS = 15_000;
/** The first and the longest wait between two tries, in milliseconds. */
const RETRY_FROM_MILLIS = 1000;
const RETRY_AT_MOST_MILLIS = 300_000;
/** How long a browser may take to tell another tab what was stored, in milliseconds. */
const TOLD_WITHIN_MILLIS = 250;
/** Browsers let 64 KiB outlive a page, all requests together. */
const KEPT_ALIVE_BYTES = 60_000;

/** An event under the key that it is stored with. */
type Sending = [key: string, stored: Pick<Stored, "dataset" | "event" | "tries">];

/** Sends events to one worker. */
export function delivery(page: Page, stored: Store, customers: Customers) {
  const endpoint = `${page.settings.endpoint ?? "/bridge"}/`.replace(/\/+$/, "/");
  const url = new URL("events", new URL(endpoint, location.href)).href;
  let waiting: { dataset: string | undefined; event: PageEvent }[] = [];
  /** What this page has sent and has no answer to. */
  const flying = new Set<string>();
  /** The host's own, as long as ours is not there: our own requests are never decorated. */
  const { sendBeacon } = navigator as Partial<Navigator>;
  let alive = 0;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let alarm: ReturnType<typeof setTimeout> | undefined;

  const flush = (leaving = false) => {
    clearTimeout(gathering);
    gathering = undefined;
    if (!page.granted() || (customers.pending() && !leaving)) return;
    const due = Date.now() + ANSWER_WITHIN_MILLIS;
    const sending = waiting.map(({ dataset, event }): Sending => {
      const user_data = { ...page.visitor(), ...customers.of(dataset) };
      const complete = { dataset, event: { ...event, user_data }, tries: 0 };
      return [stored.put(complete, due), complete];
    });
    waiting = [];
    send(sending, leaving);
  };

  /** Sends events in as few requests as their datasets and sizes allow. */
  const send = (all: Sending[], leaving = false) => {
    const batches = new Map<string | undefined, { batch: Sending[]; size: number }>();
    for (const each of all) {
      const [, { dataset, event }] = each;
      const size = new Blob([JSON.stringify(event)]).size + 1;
      const open = batches.get(dataset);
      if (open !== undefined && open.size + size < KEPT_ALIVE_BYTES) {
        open.batch.push(each);
        open.size += size;
        continue;
      }
      if (open !== undefined) void post(dataset, open.batch, open.size, leaving);
      batches.set(dataset, { batch: [each], size: size + 100 });
    }
    for (const [dataset, { batch, size }] of batches) void post(dataset, batch, size, leaving);
    schedule();
  };

  const post = async (dataset_id: string | undefined, batch: Sending[], size: number, leaving: boolean) => {
    const body = JSON.stringify({ dataset_id, data: batch.map(([, { event }]) => event) });
    // As plain text a cross-origin worker is asked at once, without a preflight.
    if (leaving && sendBeacon?.call(navigator, url, body)) return;
    const keepalive = alive + size < KEPT_ALIVE_BYTES;
    if (keepalive) alive += size;
    for (const [key] of batch) flying.add(key);
    let status = 0;
    let wait = 0;
    const patience = new AbortController();
    const late = setTimeout(() => patience.abort(), ANSWER_WITHIN_MILLIS);
    try {
      const answer = await page.ownFetch.call(window, url, {
        method: "POST",
        body,
        headers: { "content-type": "text/plain" },
        credentials: "include",
        keepalive,
        signal: patience.signal,
      });
      ({ status } = answer);
      wait = Number(answer.headers.get("retry-after")) * 1000 || 0;
    } catch {
      // Offline, blocked, late, or gone: the page need not know.
    }
    clearTimeout(late);
    if (keepalive) alive -= size;
    for (const [key] of batch) flying.delete(key);

    // Too large: in two halves.
    if (status === 413 && batch.length > 1) {
      const half = batch.length >> 1;
      send(batch.slice(0, half));
      send(batch.slice(half));
      return;
    }
    // Taken; or refused for what it is, and so it would be the next time.
    const settled = (status >= 200 && status < 300) || [400, 413, 422].includes(status);
    for (const [key, { tries }] of batch) {
      const pause = Math.min(RETRY_FROM_MILLIS * 2 ** tries, RETRY_AT_MOST_MILLIS) * (0.5 + Math.random());
      if (settled) stored.remove(key);
      else stored.postpone(key, Date.now() + Math.max(wait, pause));
    }
    schedule();
  };

  /** Sends what is due by `at` and on nobody's way. */
  const sweep = (at: number) => {
    if (!page.granted()) return;
    const claim = () => {
      const claimed = stored.claim(at, Date.now() + ANSWER_WITHIN_MILLIS);
      send(claimed.filter(([key]) => !flying.has(key)));
      // A browser tells its other tabs of a write a moment later: until then the lock is kept.
      return new Promise((done) => setTimeout(done, TOLD_WITHIN_MILLIS));
    };
    // Of two tabs one sweeps at a time. Without locks (no https) the worker knows the second by its id.
    const { locks } = navigator as Partial<Pick<Navigator, "locks">>;
    if (locks === undefined) void claim();
    else void locks.request("capi-bridge", claim).catch(claim);
  };

  const schedule = () => {
    clearTimeout(alarm);
    const next = stored.next();
    if (next < Infinity) {
      const wait = Math.min(Math.max(next - Date.now(), RETRY_FROM_MILLIS), RETRY_AT_MOST_MILLIS);
      alarm = setTimeout(() => sweep(Date.now()), wait);
    }
  };

  addEventListener("pagehide", () => flush(true));
  addEventListener("online", () => sweep(Date.now() + RETRY_AT_MOST_MILLIS * 2));
  schedule();

  return {
    add(dataset: string | undefined, event: PageEvent) {
      waiting.push({ dataset, event });
      gathering ??= setTimeout(flush, TOGETHER_MILLIS);
    },
    flush,
    resume() {
      flush();
      schedule();
    },
    forget() {
      waiting = [];
      stored.clear();
    },
  };
}
