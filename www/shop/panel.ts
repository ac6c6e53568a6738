// The panel "What just happened": the visitor's cookies, this page's events, and whether their copies merged.
//
// The panel only reads: the cookies, the requests of the page, the sandbox. The shop works without the panel.
// Without the bridge or the sandbox the panel says what is missing.

import { fetchReport } from "../report.ts";
import { sandboxUrl } from "./model/page.ts";
import { type Left, watchLeaving } from "./panel/left.ts";
import { type Known, outcome } from "./panel/outcome.ts";
import { View } from "./panel/view.ts";

const EVERY_MILLIS = 1000;
/** The pause after a sandbox that did not answer, in milliseconds. */
const AWAY_EVERY_MILLIS = 5000;
const NEWEST = 100;

const sandbox = sandboxUrl();
const view = new View(sandbox);
const events: Left[] = [];
let known: Known = sandbox === "" ? "away" : "not asked yet";

watchLeaving(sandbox, (event) => {
  events.push(event);
  show();
});
void look();

/**
 * Updates the panel again and again. Asks the sandbox only while an outcome is open and the page is visible.
 */
async function look(): Promise<void> {
  const open = events.some((event) => !["merged", "elsewhere"].includes(outcome(event, known).kind));
  if (sandbox !== "" && open && !document.hidden) {
    known = await fetchReport(sandbox, NEWEST).catch(() => "away" as const);
  }
  show();
  setTimeout(() => void look(), known === "away" ? AWAY_EVERY_MILLIS : EVERY_MILLIS);
}

function show(): void {
  view.showCookies(cookie("_fbp"), cookie("_fbc"));
  view.showEvents(events.map((left) => ({ left, outcome: outcome(left, known) })));
  view.showNote(missing());
}

/** Returns a note on what the panel lacks, or "". */
function missing(): string {
  const { capiBridge } = window as unknown as { capiBridge?: unknown };
  if (capiBridge === undefined) return "capi-bridge did not load: events leave by the pixel alone.";
  if (sandbox === "") return "This page knows no sandbox, so whether the copies merged cannot be seen.";
  if (known === "away") return `The sandbox does not answer at ${sandbox}.`;
  return "";
}

function cookie(name: string): string | undefined {
  const found = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}
