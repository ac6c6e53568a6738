// Shows the counts and whether the sandbox answers.

import { byId } from "../../element.ts";
import type { Report } from "../model/report.ts";

/** A screen reader hears the counts at most this often. */
const ANNOUNCE_EVERY_MILLIS = 5000;

let announcedMillis = 0;

export function showCounts(counts: Report["counts"]): void {
  showCount("count-all", counts.server + counts.browser_only);
  showCount("count-merged", counts.merged);
  showCount("count-browser", counts.browser_only);
  showCount("count-server", counts.server_only);
  showCount("count-refused", counts.refused);
  announce(
    `${counts.merged} merged, ${counts.browser_only} browser only, ${counts.server_only} server only, ${counts.refused} refused.`,
  );
}

function showCount(id: string, count: number): void {
  const place = byId(id, HTMLElement);
  const text = count.toLocaleString("en");
  if (place.textContent === text) return;
  place.textContent = text;
  place.parentElement?.classList.toggle("some", count > 0);
}

export function showState(state: "live" | "paused" | "away"): void {
  const live = byId("live", HTMLSpanElement);
  if (live.dataset["state"] === state) return;
  live.dataset["state"] = state;
  live.textContent = { live: "Live", paused: "Paused", away: "No answer" }[state];
  byId("away", HTMLParagraphElement).hidden = state !== "away";
}

function announce(words: string): void {
  const place = byId("announcement", HTMLParagraphElement);
  if (place.textContent === words || Date.now() - announcedMillis < ANNOUNCE_EVERY_MILLIS) return;
  announcedMillis = Date.now();
  place.textContent = words;
}
