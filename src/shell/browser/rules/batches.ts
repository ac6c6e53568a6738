// Decides which events share a request, and which requests may outlive the page.

/**
 * The most bytes of all requests of the bridge that outlive the page, together, and of each of them. A browser allows
 * 64 KiB for all such requests of a page (Fetch standard, "HTTP-network-or-cache fetch"). The page keeps half.
 */
export const MAX_KEPT_ALIVE_BYTES = 32_000;
/** The bytes of a request around its events, at most. */
const AROUND_BYTES = 100;
/** The number of retries after which an event may be sent apart from other events. */
const APART_FROM_TRIES = 3;

/** An event that is to be sent. */
export interface Sized {
  dataset: string | undefined;
  /** The size of its JSON in bytes. */
  bytes: number;
  /** The number of retries so far. */
  tries: number;
}

/** The events of a request, and its size in bytes. */
export interface Batch<T> {
  events: T[];
  bytes: number;
}

/**
 * Puts events into as few batches as their datasets and sizes allow, in order. An event that is larger than a batch has
 * one of its own. `random` returns a number of 0 to 1.
 *
 * A firewall may refuse a whole request for a word in one event, without naming the event. Events that were retried
 * are grouped by chance: before long, the others are sent without it.
 */
export function batches<T extends Sized>(events: T[], random: () => number): Batch<T>[] {
  const full: Batch<T>[] = [];
  const open = new Map<string, Batch<T>>();
  for (const event of events) {
    const group = `${event.dataset} ${event.tries >= APART_FROM_TRIES && random() < 0.5}`;
    let batch = open.get(group);
    if (batch === undefined || batch.bytes + event.bytes + 1 > MAX_KEPT_ALIVE_BYTES) {
      if (batch !== undefined) full.push(batch);
      batch = { events: [], bytes: AROUND_BYTES };
      open.set(group, batch);
    }
    batch.events.push(event);
    batch.bytes += event.bytes + 1;
  }
  return [...full, ...open.values()];
}

/** Returns true if a request may outlive the page, beside requests of the bridge with `alive` bytes that do. */
export const mayOutlive = (bytes: number, alive: number): boolean => alive + bytes <= MAX_KEPT_ALIVE_BYTES;
