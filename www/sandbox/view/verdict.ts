// Puts the sandbox's verdict on an event into words.

import type { SeenEvent } from "../../report.ts";

export interface Verdict {
  kind: "merged" | "browser" | "server" | "apart";
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

/** Returns the time at which the first copy came, in Unix milliseconds. */
export function firstSeenMillis(event: SeenEvent): number {
  const times = [event.browser?.received_at_millis, event.server?.received_at_millis];
  return Math.min(...times.filter((time) => time !== undefined));
}

/** Returns the local time of day, such as `14:03:22`. */
export function clock(millis: number): string {
  return new Date(millis).toLocaleTimeString(undefined, { hour12: false });
}
