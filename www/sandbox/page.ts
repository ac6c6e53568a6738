// The sandbox's page: asks for the report each second and shows it.

import { byId } from "../element.ts";
import { fetchReport, type Report } from "../report.ts";
import { eventRow, keysOf } from "./view/event-row.ts";
import { FaultControl } from "./view/fault.ts";
import { Filter } from "./view/filter.ts";
import { KeyedList } from "./view/keyed.ts";
import { requestRow } from "./view/request-row.ts";
import { welcome } from "./view/welcome.ts";

const EVERY_MILLIS = 1000;
/** More than anybody reads; the counts cover everything. */
const NEWEST = 200;
/** A screen reader hears the counts at most this often. */
const ANNOUNCE_EVERY_MILLIS = 5000;

const events = new KeyedList(byId("events", HTMLOListElement), keysOf, eventRow);
const requests = new KeyedList(
  byId("requests", HTMLOListElement),
  ({ fbtrace_id }) => [fbtrace_id],
  requestRow,
);
const filter = new Filter(byId("filter", HTMLSelectElement), () => report && show(report));
const fault = new FaultControl((wish) => {
  const body =
    wish === null ? {} : { body: JSON.stringify(wish), headers: { "content-type": "application/json" } };
  void tell("/api/fault", { method: wish === null ? "DELETE" : "PUT", ...body });
});
const live = byId("live", HTMLSpanElement);
const pause = byId("pause", HTMLButtonElement);

let report: Report | undefined;
let paused = false;
let announcedMillis = 0;

pause.addEventListener("click", () => {
  paused = !paused;
  pause.textContent = paused ? "Go on" : "Pause";
  void look();
});
byId("forget", HTMLButtonElement).addEventListener(
  "click",
  () => void tell("/api/events", { method: "DELETE" }),
);
welcome();
void keepLooking();

async function keepLooking(): Promise<void> {
  if (!paused && !document.hidden) await look();
  setTimeout(() => void keepLooking(), EVERY_MILLIS);
}

async function look(): Promise<void> {
  try {
    if (!paused) show((report = await fetchReport("", NEWEST)));
    showState(paused ? "paused" : "live");
  } catch {
    showState("away");
  }
}

/** Asks the sandbox for a change, and shows it at once. */
async function tell(path: string, request: RequestInit): Promise<void> {
  try {
    await fetch(path, request);
    show((report = await fetchReport("", NEWEST)));
  } catch {
    showState("away");
  }
}

function show(report: Report): void {
  const { counts } = report;
  showCount("count-merged", counts.merged);
  showCount("count-browser", counts.browser_only);
  showCount("count-server", counts.server_only);
  showCount("count-refused", counts.refused);
  filter.offer(report.events);
  const kept = report.events.filter((event) => filter.keeps(event));
  events.show(kept);
  requests.show(report.requests);
  fault.show(report.fault);
  byId("empty", HTMLDivElement).hidden = report.events.length > 0;
  byId("none", HTMLParagraphElement).hidden = report.events.length === 0 || kept.length > 0;
  announce(
    `${counts.merged} merged, ${counts.browser_only} browser only, ${counts.server_only} server only.`,
  );
}

function showCount(id: string, count: number): void {
  const place = byId(id, HTMLElement);
  if (place.textContent === String(count)) return;
  place.textContent = String(count);
  place.parentElement?.classList.toggle("some", count > 0);
}

function showState(state: "live" | "paused" | "away"): void {
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
