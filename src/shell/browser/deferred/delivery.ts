// Delivers events to the worker: several in one request. `../retry.ts` sends events again that have no receipt.

import type { Delivery, Retry, Sending } from "../contract.ts";
import { ANSWER_WITHIN_MILLIS } from "../rules/backoff.ts";
import { batches, mayOutlive } from "../rules/batches.ts";
import { gatherMillis } from "../rules/gathering.ts";
import { isPlainReceipt } from "../rules/receipt.ts";
import { wellFormed } from "../rules/well-formed.ts";
import { site } from "../site.ts";
import type { KeepsCustomers } from "./customers.ts";
import type { PageEvent } from "./page-event.ts";
import type { Store } from "./stored.ts";
import type { Debug, LookFor, WithRetry } from "./troubles.ts";

/** Returns the address that takes events, for the setting `endpoint`. */
const eventsAt = (endpoint = "/bridge"): string =>
  new URL(`${endpoint.replace(/\/+$/, "")}/events`, site().location.href).href;

/** Starts the delivery of events to one worker. */
export function delivery(
  host: Delivery,
  stored: Store,
  customers: KeepsCustomers,
  withRetry: WithRetry,
  lookFor: LookFor,
  debug: Debug | undefined,
) {
  const { page, flying } = host;
  let url = eventsAt();
  try {
    url = eventsAt(page.settings.endpoint);
  } catch {
    lookFor("endpoint");
  }
  let waiting: { dataset: string | undefined; event: PageEvent }[] = [];
  /** The host's own `sendBeacon`, before the bridge hooks it. The bridge's requests carry no fields. */
  const { sendBeacon } = navigator as Partial<Navigator>;
  /** The bytes of the requests on their way that outlive the page. */
  let alive = 0;
  /** The number of times that the visitor has withdrawn consent. */
  let withdrawals = 0;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  /** The wait of the events that are being gathered, in milliseconds. Infinite if there are none. */
  let gatherWait = Infinity;

  const flush = (leaving = false) => {
    gatherWait = Infinity;
    if (!page.granted() || (customers.pending.size > 0 && !leaving)) return;
    const now = Date.now();
    const isPaused = host.pausedUntil > now && !leaving;
    const sending = waiting.map(({ dataset, event }): Sending => {
      const user_data = { ...page.visitor(), ...customers.of(dataset) };
      const complete = { dataset, event: { ...event, user_data } };
      const key = stored.put(complete, isPaused ? host.pausedUntil : now + ANSWER_WITHIN_MILLIS);
      return { key, ...complete };
    });
    waiting = [];
    if (!isPaused) send(sending, leaving);
  };

  /** Sends stored events in as few requests as possible. */
  const send = (all: Sending[], leaving = false) => {
    if (!page.granted()) return;
    const sized = all.map((each) => ({ ...each, bytes: new Blob([JSON.stringify(each.event)]).size }));
    for (const { events, bytes } of batches(sized)) void post(events, bytes, leaving);
  };

  const post = async (batch: Sending[], bytes: number, leaving: boolean) => {
    const events = batch.map(({ event }) => event);
    const { dataset } = batch[0]!;
    const body = wellFormed(JSON.stringify({ dataset_id: dataset, data: events }));
    const keepalive = mayOutlive(bytes, alive);
    if (keepalive) alive += bytes;
    const before = withdrawals;
    const landed = () => {
      if (keepalive) alive -= bytes;
      // The answer may have set the cookies again that the withdrawal had deleted.
      if (before < withdrawals && !page.granted()) page.bridge.setConsent("denied");
      look();
    };
    // A text is sent as plain text, which needs no CORS preflight.
    if (leaving && keepalive && sendBeacon?.call(navigator, url, body)) {
      // A page that lives on does not know the answer.
      setTimeout(landed, ANSWER_WITHIN_MILLIS);
      debug?.(events, url);
      return;
    }
    for (const { key } of batch) flying.add(key);
    let answer: Response | undefined;
    let said: unknown;
    const patience = new AbortController();
    // It does nothing to a request that has its answer.
    setTimeout(() => patience.abort(), ANSWER_WITHIN_MILLIS);
    try {
      answer = await page.ownFetch.call(window, url, {
        method: "POST",
        body,
        credentials: "include",
        keepalive,
        signal: patience.signal,
      });
      said = await answer.json();
    } catch {
      // Offline, blocked, late, gone, or not JSON.
    }
    const status = answer?.status ?? 0;
    debug?.(events, url, status, said);
    const isDone = isPlainReceipt(status, said);
    for (const { key } of batch) {
      flying.delete(key);
      if (isDone) delete stored.kept[key];
    }
    if (!isDone) withRetry(({ decide }) => decide(batch, url, answer, said));
    landed();
  };

  /** Has the retry part plan the next try, or do something else, if an event is stored that is not on its way. */
  const look = (use = plan) => {
    if (stored.keys().some((key) => !flying.has(key))) withRetry(use);
  };

  addEventListener("pagehide", () => flush(true));
  addEventListener("online", () => look(({ online }) => online()));
  look();

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
    send,
    flush,
    /** Sends the events that have waited for a hash. Others wait on to be gathered. */
    settled() {
      if (gatherWait === Infinity) flush();
    },
    forget() {
      waiting = [];
      withdrawals++;
      stored.clear();
    },
  };
}

/** Plans the next try of stored events. */
const plan = ({ schedule }: Retry) => schedule();
