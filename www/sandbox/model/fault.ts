// Puts a fault into words, and a form's choice into a request.

import type { Fault } from "./report.ts";
import { counted, span } from "./words.ts";

/** Faults that newer sandboxes know, by their kind. */
const KINDS = new Map([
  ["latency", "answers"],
  ["reset", "resets the connection of"],
  ["garbage", "answers garbage to"],
  ["slow_body", "sends a slow body to"],
  ["rate_limit", "answers that too many calls came to"],
  ["expired_token", "answers that the token has expired to"],
]);

/** Returns one sentence on the fault. */
export function faultInWords(fault: Fault): string {
  const { status, remaining, event_id, kind, latency_millis, target } = fault;
  const who = target === "pixel" ? "The pixel’s endpoint" : "Meta";
  const does = KINDS.get(kind ?? "") ?? `answers ${status ?? "late"} to`;
  const requests = remaining === 1 ? "the next request" : `the next ${counted(remaining, "request")}`;
  const which = event_id === undefined || event_id === null ? "" : ` with the event ${event_id}`;
  const late = (latency_millis ?? 0) > 0 ? `, ${span(latency_millis ?? 0)} late` : "";
  return `${who} ${does} ${requests}${which}${late}.`;
}

/** Returns the body of `PUT /api/fault`. `kind` is a status such as `500`, or a kind. */
export function faultWish(kind: string, times: number, latencyMillis: number, target: string): object {
  const what = /^\d+$/.test(kind) ? { status: Number(kind) } : { kind };
  return {
    ...what,
    times,
    ...(latencyMillis > 0 && { latency_millis: latencyMillis }),
    ...(target === "pixel" && { target }),
  };
}
