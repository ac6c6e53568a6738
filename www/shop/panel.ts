// The panel "What just happened": the visitor's cookies, this page's events, and whether their copies merged.
//
// It only looks: at the cookies, at what left the page, at the sandbox. The shop works without it, and it
// works without bridge or sandbox, saying so.

import { fetchReport } from "../report.ts";
import { sandboxUrl } from "./model/page.ts";
import { type Left, watchLeaving } from "./panel/left.ts";
import { type Known, outcome } from "./panel/outcome.ts";
import { View } from "./panel/view.ts";

const EVERY_MILLIS = 1000;
/** A sandbox that is away is not asked as often. */
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

/** Looks again and again, at the sandbox only while an outcome is open and somebody watches. */
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

/** What the page would need for the panel to say more. */
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
