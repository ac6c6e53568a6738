// Puts the outcome of an event that left the page into a few words.

import type { Report } from "../../report.ts";
import type { Left } from "./left.ts";

/** The last report of the sandbox, or the reason why there is none. */
export type Known = Report | "not asked yet" | "away";

export interface Outcome {
  kind: "merged" | "waiting" | "apart" | "away" | "elsewhere";
  words: string;
}

/**
 * The time that a server copy may take, in milliseconds. The bridge holds it so that the browser's comes
 * first, and may have to retry.
 */
const PATIENCE_MILLIS = 15_000;

export function outcome(left: Left, known: Known): Outcome {
  if (left.toMeta) return { kind: "elsewhere", words: "sent to Meta; look in Events Manager" };
  if (known === "away") return { kind: "away", words: "whether it merged is not known" };
  if (known === "not asked yet") return { kind: "waiting", words: "on its way" };
  const seen = known.events.find(
    (event) =>
      event.dataset_id === left.datasetId &&
      event.event_name === left.eventName &&
      event.event_id === (left.eventId ?? null),
  );
  if (seen?.merged) return { kind: "merged", words: "two copies, counted once" };
  if (left.eventId === undefined) return { kind: "apart", words: "one copy, without an event id" };
  const arrived = seen?.browser?.received_at_millis ?? known.now_millis;
  if (known.now_millis - arrived < PATIENCE_MILLIS)
    return { kind: "waiting", words: "the server’s copy is on its way" };
  return { kind: "apart", words: seen?.why_not ?? "the two copies were not recognised as one" };
}
