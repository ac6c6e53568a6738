// The retry part: it decides about events that have no plain receipt, and sends stored events again. It loads when there
// is such an event, on this page or left by an earlier one. All that is said in the console goes through it, too. It
// shares no file with the deferred part.

import type { Delivery, Retry } from "./contract.ts";
import {
  ANSWER_WITHIN_MILLIS,
  backoff,
  MAX_RETRY_MILLIS,
  MIN_RETRY_MILLIS,
  retryAfter,
} from "./rules/backoff.ts";
import { apart } from "./rules/apart.ts";
import { isProblem, isReceipt } from "./rules/receipt.ts";
import { backlog } from "./retry/backlog.ts";
import { withProblems } from "./retry/problems.ts";
import { site } from "./site.ts";

/** The longest time until a browser's other tabs see a write to the storage, in milliseconds. */
const TOLD_WITHIN_MILLIS = 250;

/** Starts the retries of one delivery. */
export function retries(delivery: Delivery): Retry {
  const { page, flying, send } = delivery;
  const stored = backlog(delivery.stored);
  let alarm: ReturnType<typeof setTimeout> | undefined;

  /** Sends the stored events that are due by `at` and are not being sent. */
  const sweep = (at: number) => {
    if (!page.granted()) return;
    const claim = () => {
      const claimed = stored.claim(at, Date.now() + ANSWER_WITHIN_MILLIS);
      const resting = claimed.flatMap(([key, event]) => (flying.has(key) ? [] : { key, ...event }));
      for (const group of apart(resting, Math.random)) send(group);
      schedule();
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
      const wait = Math.max(next, delivery.pausedUntil) - Date.now();
      alarm = setTimeout(
        () => sweep(Date.now()),
        Math.min(Math.max(wait, MIN_RETRY_MILLIS), MAX_RETRY_MILLIS),
      );
    }
  };

  for (const held of stored.held()) delivery.adopt(held);
  return {
    lookFor: (about, ...facts) => void withProblems(page, ({ looked }) => looked(about, facts)),
    note: (...facts) => void withProblems(page, ({ logged }) => logged(...facts)),
    schedule,
    online() {
      // The network may have changed, and with it the server that answers.
      delivery.pausedUntil = 0;
      sweep(Date.now() + MAX_RETRY_MILLIS * 2);
    },
    async decide(batch, url, answer, said) {
      const { dataset, tries = 0 } = batch[0]!;
      const status = answer?.status ?? 0;
      const posted = { url, origin: site().location.origin, dataset };
      const told = isProblem(status, tries, navigator.onLine)
        ? withProblems(page, (part) => part.answered(answer, said, posted, tries, batch.length))
        : undefined;
      const { again, lasts } = isReceipt(status, said) ? { again: [] } : ((await told) ?? {});
      const now = Date.now();
      const wait = retryAfter(answer?.headers.get("retry-after"), now);
      if (status === 429) delivery.pausedUntil = now + wait;
      batch.forEach(({ key }, index) => {
        const pause = backoff(lasts ? Infinity : tries, Math.random());
        if (again === undefined) stored.postpone(key, now + Math.max(wait, pause));
        else if (again.flat().includes(index)) stored.postpone(key, now + ANSWER_WITHIN_MILLIS);
        else stored.remove(key);
      });
      for (const group of again ?? []) send(group.map((index) => batch[index]!));
      schedule();
    },
  };
}
