// Events that the worker has not confirmed yet: in storage, so that they outlive the page.

import type { Recorded } from "../record.ts";
import { MAX_RETRY_AFTER_MILLIS } from "../rules/backoff.ts";
import type { PageEvent } from "./page-event.ts";

/** An event on its way, and when to try next. */
export interface Stored {
  dataset: string | undefined;
  event: PageEvent;
  /** When it may be sent (again), in milliseconds. */
  due: number;
  /** How often it was sent. */
  tries: number;
}

/** Everything that the bridge stores has a key that starts so. */
const OURS = "capi-bridge.";
const PREFIX = `${OURS}event.`;
/** Meta takes no older events. */
const KEPT_MILLIS = 7 * 24 * 60 * 60 * 1000;
/** How many events may wait; the oldest make room. */
const MOST = 1000;
/** A sweep claims about so many characters, which is about one request. */
const MAX_CLAIM_CHARACTERS = 60_000;

/** The browser's storage; without it what waits is lost with the page. */
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

/** Opens the store. */
export function store() {
  const kept = storage();
  const keys = (prefix = PREFIX) => Object.keys(kept).filter((key) => key.startsWith(prefix));
  const read = (key: string): Stored | undefined => {
    try {
      const stored = JSON.parse(kept[key] ?? "") as Stored;
      if (stored.event.event_time * 1000 > Date.now() - KEPT_MILLIS) {
        // No wait is longer: the clock was ahead when this was written.
        if (stored.due > Date.now() + MAX_RETRY_AFTER_MILLIS) stored.due = 0;
        return stored;
      }
    } catch {
      // Not ours to read: it goes.
    }
    delete kept[key];
    return undefined;
  };
  const write = (key: string, stored: Stored) => {
    try {
      kept[key] = JSON.stringify(stored);
    } catch {
      // Full: it is sent all the same, once.
    }
  };

  /** Where earlier pages left what is read and not yet kept as events. */
  let taken: string[] = [];

  return {
    /** What earlier pages recorded and had no time to send. It stays stored until the next `put()`. */
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
    /** Keeps an event; the same event of the same dataset is kept once. */
    put({ dataset, event }: Pick<Stored, "dataset" | "event">, due: number): string {
      const key = `${PREFIX}${dataset ?? ""}.${event.event_name}.${event.event_id}`;
      write(key, { dataset, event, due, tries: 0 });
      for (const earlier of taken.splice(0)) delete kept[earlier];
      return key;
    },
    /** Makes room, and gives the time when the next event is due. */
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
     * Claims events that are due at `at`: until `until` no other tab sends them. Leaves the rest of a long backlog to
     * the next sweeps: a thousand events that are refused cost one request a second.
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
    /** Tries again later, unless it was deleted meanwhile. */
    postpone(key: string, due: number) {
      const stored = key in kept ? read(key) : undefined;
      if (stored !== undefined) write(key, { ...stored, due });
    },
    remove(key: string) {
      delete kept[key];
    },
    /** Deletes whatever the bridge stored. */
    clear() {
      for (const key of keys(OURS)) delete kept[key];
    },
  };
}

/** The store. */
export type Store = ReturnType<typeof store>;
