// Reads the events that are stored: those that have no receipt, on this page or an earlier one.

import type { Delivery } from "../contract.ts";
import type { Stored } from "../deferred/stored.ts";
import type { Recorded } from "../record.ts";
import { MAX_RETRY_AFTER_MILLIS } from "../rules/backoff.ts";
import { MAX_KEPT_ALIVE_BYTES } from "../rules/batches.ts";

const EVENT = "capi-bridge.event.";
const HELD = "capi-bridge.held.";
/** The greatest age of an event, in milliseconds. Meta takes no older events. */
const KEPT_MILLIS = 7 * 24 * 60 * 60 * 1000;
/** The most events that are stored. The oldest are dropped. */
const MAX_EVENTS = 1000;
/** The size of the events that a sweep claims, in characters: about one request. */
const MAX_CLAIM_CHARACTERS = MAX_KEPT_ALIVE_BYTES;

/** Opens the stored events. */
export function backlog({ kept, write, taken }: Delivery["stored"]) {
  const keys = (prefix: string) => Object.keys(kept).filter((key) => key.startsWith(prefix));
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

  return {
    /**
     * Returns the calls that earlier pages recorded and could not send. They stay stored until the next event is.
     */
    held(): Recorded[] {
      taken.push(...keys(HELD));
      return taken.flatMap((key) => {
        try {
          const calls = JSON.parse(kept[key] ?? "") as (Recorded | null)[];
          return calls.filter((call) => call?.id !== undefined) as Recorded[];
        } catch {
          return [];
        }
      });
    },
    /** Drops the oldest events above the limit, and returns the time when the next event is due. */
    next(): number {
      const all = keys(EVENT).flatMap((key) => {
        const stored = read(key);
        return stored === undefined ? [] : [{ key, ...stored }];
      });
      all.sort((one, other) => one.event.event_time - other.event.event_time);
      for (const { key } of all.splice(0, all.length - MAX_EVENTS)) delete kept[key];
      return Math.min(...all.map(({ due }) => due));
    },
    /**
     * Claims events that are due at `at`: until `until` no other tab sends them. Leaves the rest of a long
     * backlog to the next sweeps. So a thousand refused events cost one request a second.
     */
    claim(at: number, until: number): [string, Stored][] {
      let characters = 0;
      return keys(EVENT).flatMap((key): [string, Stored][] => {
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
  };
}
