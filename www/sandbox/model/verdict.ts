// Puts the sandbox's verdict on an event into words.

import type { SeenEvent, SeenRequest } from "./report.ts";

export type Kind = "merged" | "browser" | "server" | "apart" | "refused";

export interface Verdict {
  kind: Kind;
  /** Two words. */
  title: string;
  /** The reason for the verdict. */
  detail: string;
}

export function verdict(event: SeenEvent): Verdict {
  if (event.merged) {
    const by = event.merged_by?.replaceAll("_", " ") ?? "both copies";
    const again = Math.max(event.browser?.copies ?? 1, event.server?.copies ?? 1) > 1;
    return { kind: "merged", title: "Merged", detail: `by ${by}${again ? ", counted once" : ""}` };
  }
  const detail = event.why_not ?? "";
  if (event.server === null) return { kind: "browser", title: "Browser only", detail };
  if (event.browser === null) return { kind: "server", title: "Server only", detail };
  return { kind: "apart", title: "Not merged", detail };
}

/** Returns the verdict on a request that was answered with an error. */
export function refusal({ status, error }: SeenRequest): Verdict {
  const texts = [error?.error_user_title, error?.message, "an error without a message"];
  const detail = texts.find((text) => text !== undefined && text !== "") ?? "";
  const isOurs = status >= 500 || status === 429;
  return { kind: "refused", title: `${isOurs ? "Failed" : "Refused"} ${status}`, detail };
}

/** Returns the time at which the first copy came, in Unix milliseconds. */
export function firstSeenMillis({ browser, server }: SeenEvent): number {
  return Math.min(browser?.received_at_millis ?? Infinity, server?.received_at_millis ?? Infinity);
}

/** Returns the event names of a request: `Purchase, 2 × PageView`. */
export function namesOf({ events }: SeenRequest): string {
  const counted = new Map<string, number>();
  for (const { event_name } of events) {
    const name = typeof event_name === "string" ? event_name : "(no name)";
    counted.set(name, (counted.get(name) ?? 0) + 1);
  }
  const words = [...counted].map(([name, times]) => (times > 1 ? `${times} × ${name}` : name));
  return words.join(", ") || "no events";
}

/** Returns the event ids of a request. */
export function idsOf({ events }: SeenRequest): string[] {
  return events.map(({ event_id }) => event_id).filter((id) => typeof id === "string");
}
