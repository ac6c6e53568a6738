// Loads the retry part, which has everything that an ordinary visit does not need.

import type { Delivery, Retry } from "../contract.ts";
import { ANSWER_WITHIN_MILLIS } from "../rules/backoff.ts";

/** Something for the retry part to do. */
type Use = (part: Retry) => unknown;

/** Has the retry part do something, once it is there. */
export type WithRetry = (use: Use) => void;
/** Has it look for mistakes in the set-up. */
export type LookFor = Retry["lookFor"];
/** Has it log an event or a request. */
export type Debug = Retry["note"];

/** Returns a function that has the retry part do something. */
export function troubles(delivery: Delivery): WithRetry {
  let part: Promise<Retry> | undefined;
  let alarm: ReturnType<typeof setTimeout> | undefined;
  const uses = new Set<Use>();

  const withRetry: WithRetry = (use) => {
    uses.add(use);
    part ??= import("../retry.ts").then(({ retries }) => retries(delivery));
    part.then(
      (retry) => {
        for (const each of uses) each(retry);
        uses.clear();
      },
      (error: unknown) => {
        // Offline, or blocked. Nothing is lost: the events are stored.
        part = undefined;
        delivery.page.warn?.("no retries.", error);
        alarm ??= setTimeout(() => {
          alarm = undefined;
          withRetry(use);
        }, ANSWER_WITHIN_MILLIS);
      },
    );
  };
  return withRetry;
}
