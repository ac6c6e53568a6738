// Computes the wait before an event is sent again.

/** The longest time that the worker has to answer before an event is sent again, in milliseconds. */
export const ANSWER_WITHIN_MILLIS = 15_000;
/** The first and the longest wait between two tries, in milliseconds. */
export const MIN_RETRY_MILLIS = 1000;
export const MAX_RETRY_MILLIS = 300_000;
/** The longest wait that a server may ask for by `Retry-After`, in milliseconds. */
export const MAX_RETRY_AFTER_MILLIS = 3_600_000;

/**
 * Returns the wait in milliseconds after `tries` earlier tries: 1, 2, 4 … seconds, at most 5 minutes. `random`, a number
 * of 0 to 1, spreads it so that browsers do not retry at the same moment: 0.5 to 1.5 times as long, and of the longest
 * wait 0.5 to 1 times.
 */
export const backoff = (tries: number, random: number): number =>
  Math.min(MIN_RETRY_MILLIS * 2 ** tries * (0.5 + random), MAX_RETRY_MILLIS * (0.5 + random / 2));

/** Reads the header `Retry-After`, seconds or a date, in milliseconds from now; 0 without one. */
export function retryAfter(header: string | null | undefined, nowMillis: number): number {
  const seconds = Number(header ?? 0);
  const wait = Number.isNaN(seconds) ? Date.parse(header!) - nowMillis : seconds * 1000;
  return Number.isNaN(wait) ? 0 : Math.min(wait, MAX_RETRY_AFTER_MILLIS);
}
