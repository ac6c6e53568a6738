// Faults over pages and visitors: identifiers that change, events that repeat, ids that two visitors share.

import type { ObservedCopy, VisitedPage } from "../observed.ts";
import type { Fault, Observed } from "../site-report.ts";

/** Returns the faults that show only over several pages or visitors. */
export function visitFaults(observed: Observed): Fault[] {
  return [...remadeFbp(observed), ...repeatedPageViews(observed), ...sharedIds(observed)];
}

function remadeFbp({ copies, pages }: Observed): Fault[] {
  const visitors = new Set(pages.map(({ visitor }) => visitor));
  return [...visitors].flatMap((visitor) => {
    const own = pages.map((page, index) => ({ page, index })).filter(({ page }) => page.visitor === visitor);
    const values = own.flatMap(({ page, index }) => fbpOf(page, index, copies) ?? []);
    const different = new Set(values);
    if (different.size < 2) return [];
    const often =
      different.size === values.length
        ? "on every page"
        : `${different.size} times on ${values.length} pages`;
    return [
      {
        rule: "fbp-remade" as const,
        severity: "error" as const,
        message: `The visitor's fbp is made anew ${often}, so Meta sees another browser each time.`,
        fix: `Write _fbp only where it is missing: if (!document.cookie.includes("_fbp=")) document.cookie = "_fbp=fb.1.…; path=/; max-age=7776000".`,
        copies: [],
        pageIndex: own.at(-1)?.index ?? -1,
      },
    ];
  });
}

/** Returns the fbp of a page: its cookie, or that of an event which the page sent. */
const fbpOf = (page: VisitedPage, index: number, copies: ObservedCopy[]) =>
  page.fbp ?? copies.find((copy) => copy.page === index && copy.fbp !== undefined)?.fbp;

function repeatedPageViews({ copies }: Observed): Fault[] {
  const groups = new Map<string, ObservedCopy[]>();
  for (const copy of copies) {
    if (copy.side !== "browser" || copy.eventName !== "PageView" || copy.page < 0) continue;
    const key = [copy.visitor, copy.page, copy.datasetId, copy.url ?? ""].join(" ");
    groups.set(key, [...(groups.get(key) ?? []), copy]);
  }
  const repeated = [...groups.values()].filter((group) => group.length > 1);
  const [first] = repeated;
  if (first === undefined) return [];
  return [
    {
      rule: "duplicate-page-view",
      severity: "error",
      eventName: "PageView",
      eventId: first[0]?.eventId,
      message: `PageView left the browser ${first.length} times for one view of a page.`,
      fix: `Call fbq("track", "PageView") once: remove the second snippet of the pixel (theme, plugin or tag manager). In a single-page app set fbq.disablePushState = true if the app tracks it.`,
      copies: repeated.flat(),
      pageIndex: first[0]?.page ?? -1,
    },
  ];
}

function sharedIds({ copies }: Observed): Fault[] {
  const faults = new Map<string, Fault>();
  for (const copy of copies) {
    const others = copies.filter(
      (other) =>
        copy.eventId !== undefined &&
        other.eventId === copy.eventId &&
        other.eventName === copy.eventName &&
        other.datasetId === copy.datasetId &&
        other.visitor !== copy.visitor,
    );
    if (others.length === 0 || faults.has(copy.eventName)) continue;
    faults.set(copy.eventName, {
      rule: "shared-event-id",
      severity: "error",
      eventName: copy.eventName,
      eventId: copy.eventId,
      message: `Two visitors have the event id "${copy.eventId}" for ${copy.eventName}: it is in the page that a cache serves to all, so Meta drops the event of the second.`,
      fix: `Make the id in the browser: fbq("track", "${copy.eventName}", {…}, { eventID: crypto.randomUUID() }), not in the HTML that the server renders.`,
      copies: [copy, ...others],
      pageIndex: copy.page,
    });
  }
  return [...faults.values()];
}
