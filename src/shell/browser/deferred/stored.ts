// Stores events that the worker has not confirmed yet, so that they outlive the page.

import type { Recorded } from "../record.ts";
import { MAX_KEPT_ALIVE_BYTES } from "../rules/batches.ts";
import { MAX_RETRY_AFTER_MILLIS } from "../rules/backoff.ts";
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
const PREFIX = `${OURS}event.`;
/** The greatest age of an event, in milliseconds. Meta takes no older events. */
const KEPT_MILLIS = 7 * 24 * 60 * 60 * 1000;
/** The most events that are stored. The oldest are dropped. */
const MOST = 1000;
/** The size of the events that a sweep claims, in characters: about one request. */
const MAX_CLAIM_CHARACTERS = MAX_KEPT_ALIVE_BYTES;

/** Returns the browser's storage, or an object that lives as long as the page. */
function storage(): Record<string, string> {
  try {
    const probe = `${OURS}probe`;
    localStorage.setItem(probe, "");
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return {};
  }
}

/** Opens the store of events. */
export function store() {
  const kept = storage();
  const keys = (prefix = PREFIX) => Object.keys(kept).filter((key) => key.startsWith(prefix));
  const read = (key: string): Stored | undefined => {
    try {
      const stored = JSON.parse(kept[key] ?? "") as Stored;
      if (stored.event.event_time * 1000 > Date.now() - KEPT_MILLIS) {
        // No wait is longer. The clock was ahead when this was written.
        if (stored.due > Date.now() + MAX_RETRY_AFTER_MILLIS) stored.due = 0;
        return stored;
      }
    } catch {
      // The value cannot be read. Delete it.
    }
    delete kept[key];
    return undefined;
  };
  const write = (key: string, stored: Stored) => {
    try {
      kept[key] = JSON.stringify(stored);
    } catch {
      // The storage is full. The event is sent now, and is lost if that fails.
    }
  };

  /** The keys of held calls that were read and are not stored as events yet. */
  let taken: string[] = [];

  return {
    /**
     * Returns the calls that earlier pages recorded and could not send. They stay stored until the next
     * `put()`.
     */
    held(): (Recorded | null)[] {
      taken = keys(`${OURS}held.`);
      return taken.flatMap((key) => {
        try {
          return JSON.parse(kept[key] ?? "") as (Recorded | null)[];
        } catch {
          return [];
        }
      });
    },
    /** Stores an event and returns its key. The same event of the same dataset is stored once. */
    put({ dataset, event }: Pick<Stored, "dataset" | "event">, due: number): string {
      const key = `${PREFIX}${dataset ?? ""}.${event.event_name}.${event.event_id}`;
      write(key, { dataset, event, due, tries: 0 });
      for (const earlier of taken.splice(0)) delete kept[earlier];
      return key;
    },
    /** Drops the oldest events above the limit, and returns the time when the next event is due. */
    next(): number {
      const all = keys().flatMap((key) => {
        const stored = read(key);
        return stored === undefined ? [] : [{ key, ...stored }];
      });
      all.sort((one, other) => one.event.event_time - other.event.event_time);
      for (const { key } of all.splice(0, all.length - MOST)) delete kept[key];
      return Math.min(...all.map(({ due }) => due));
    },
    /**
     * Claims events that are due at `at`: until `until` no other tab sends them. Leaves the rest of a long
     * backlog to the next sweeps. So a thousand refused events cost one request a second.
     */
    claim(at: number, until: number): [string, Stored][] {
      let characters = 0;
      return keys().flatMap((key): [string, Stored][] => {
        const stored = characters < MAX_CLAIM_CHARACTERS ? read(key) : undefined;
        if (stored === undefined || stored.due > at) return [];
        const claimed = { ...stored, due: until, tries: stored.tries + 1 };
        write(key, claimed);
        characters += kept[key]?.length ?? 0;
        return [[key, claimed]];
      });
    },
    /** Puts off the next try, unless the event was deleted meanwhile. */
    postpone(key: string, due: number) {
      const stored = key in kept ? read(key) : undefined;
      if (stored !== undefined) write(key, { ...stored, due });
    },
    remove(key: string) {
      delete kept[key];
    },
    /** Deletes everything that the bridge stored. */
    clear() {
      for (const key of keys(OURS)) delete kept[key];
    },
  };
}

/** The store. */
export type Store = ReturnType<typeof store>;
