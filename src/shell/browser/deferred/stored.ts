// Stores events that the worker has not confirmed yet, so that they outlive the page.

import { attempt } from "../attach/hook.ts";
import type { PageEvent } from "./page-event.ts";

/** A stored event, and the time of its next try. */
export interface Stored {
  dataset: string | undefined;
  event: PageEvent;
  /** The time from which it may be sent (again), in Unix milliseconds. */
  due: number;
  /** The number of retries so far. */
  tries: number;
}

/** The prefix of all keys that the bridge stores. */
const OURS = "capi-bridge.";
/** The keys of events, and of calls that an earlier page held. */
const LEFT = /^capi-bridge\.(event|held)\./;
/**
 * The most that is stored while the retry part cannot be loaded. Otherwise that part drops the oldest events much
 * earlier.
 */
const MAX_STORED = 2000;

/** Opens the store of events. */
export function store() {
  /** The browser's storage, or an object that lives as long as the page. */
  let kept: Record<string, string> = {};
  attempt(() => {
    const probe = `${OURS}probe`;
    localStorage.setItem(probe, "");
    localStorage.removeItem(probe);
    kept = localStorage;
  });
  /** Returns the stored keys that start so. */
  const keys = (start: string | RegExp = LEFT) => Object.keys(kept).filter((key) => key.search(start) === 0);
  const write = (key: string, stored: Stored) => {
    // If the storage is full, the event is sent all the same, once.
    attempt(() => (kept[key] = JSON.stringify(stored)));
  };
  /** The keys of held calls that were read and are not stored as events yet. */
  const taken: string[] = [];
  return {
    kept,
    taken,
    keys,
    write,
    /** Stores an event and returns its key. The same event of the same dataset is stored once. */
    put({ dataset, event }: Pick<Stored, "dataset" | "event">, due: number): string {
      const key = `${OURS}event.${dataset ?? ""}.${event.event_name}.${event.event_id}`;
      if (keys().length < MAX_STORED) write(key, { dataset, event, due, tries: 0 });
      for (const earlier of taken.splice(0)) delete kept[earlier];
      return key;
    },
    /** Deletes everything that the bridge stored. */
    clear() {
      for (const key of keys(OURS)) delete kept[key];
    },
  };
}

/** The store. */
export type Store = ReturnType<typeof store>;
