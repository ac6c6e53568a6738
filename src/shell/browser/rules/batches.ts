// Decides which events share a request, and which requests may outlive the page.

/**
 * The most bytes of all requests of the bridge that outlive the page, together, and of each of them. A browser allows
 * 64 KiB for all such requests of a page (Fetch standard, "HTTP-network-or-cache fetch"). The page keeps half.
 */
export const MAX_KEPT_ALIVE_BYTES = 32_000;
/** The bytes of a request around its events, at most. */
const AROUND_BYTES = 100;
/** An event that is to be sent. */
export interface Sized {
  dataset: string | undefined;
  /** The size of its JSON in bytes. */
  bytes: number;
}

/** The events of a request, and its size in bytes. */
export interface Batch<T> {
  events: T[];
  bytes: number;
}

/**
 * Puts events into as few batches as their datasets and sizes allow, in order. An event that is larger than a batch has
 * one of its own.
 */
export function batches<T extends Sized>(events: T[]): Batch<T>[] {
  const all: Batch<T>[] = [];
  /** The batch of each dataset that still has room. */
  const open = new Map<string | undefined, Batch<T>>();
  for (const event of events) {
    let batch = open.get(event.dataset);
    if (batch === undefined || batch.bytes + event.bytes + 1 > MAX_KEPT_ALIVE_BYTES) {
      all.push((batch = { events: [], bytes: AROUND_BYTES }));
      open.set(event.dataset, batch);
    }
    batch.events.push(event);
    batch.bytes += event.bytes + 1;
  }
  return all;
}

/** Returns true if a request may outlive the page, beside requests of the bridge with `alive` bytes that do. */
export const mayOutlive = (bytes: number, alive: number): boolean => alive + bytes <= MAX_KEPT_ALIVE_BYTES;
