// Reports what is wrong with the events of a site: fourteen faults, each with what to change. Pure.

import { lineOf, type Line } from "./lines.ts";
import type { ObservedCopy, Source, VisitedPage } from "./observed.ts";
import { type Paired, pair } from "./pairing.ts";
import { copyFaults } from "./rules/copies.ts";
import { pairFaults } from "./rules/pairs.ts";
import { visitFaults } from "./rules/visits.ts";

/** The faults that are looked for. */
export type Rule =
  | "no-event-id"
  | "different-ids"
  | "different-names"
  | "server-copy-missing"
  | "browser-copy-missing"
  | "fbc-wrong-click"
  | "fbc-in-seconds"
  | "fbp-remade"
  | "hash-not-normalised"
  | "value-without-currency"
  | "event-too-old"
  | "duplicate-page-view"
  | "personal-data-in-url"
  | "shared-event-id";

/** A fault of a site. */
export interface SiteFinding {
  rule: Rule;
  severity: "error" | "warning";
  /** The event's name; undefined if the fault is the visitor's or the page's. */
  eventName?: string | undefined;
  eventId?: string | undefined;
  /** The address of the page that it was found on, without query values. */
  page: string;
  message: string;
  /** The change to make, with code where there is some. */
  fix: string;
  /** The line of the site's code that sends the event, if it was found. */
  line?: Line | undefined;
}

/** The outcome of an event at Meta. */
export type Verdict = "merged" | "doubled" | "lost" | "malformed";

/** An event of a site. */
export interface SiteEvent {
  datasetId: string;
  eventName: string;
  eventId: string | undefined;
  visitor: number;
  verdict: Verdict;
  /** The value by which Meta joins the copies: the event id, or the fbp. */
  mergedBy: "event_id" | "fbp" | undefined;
  findings: SiteFinding[];
}

/** The events that were seen of a site. */
export interface Observed {
  copies: ObservedCopy[];
  pages: VisitedPage[];
  sources?: Source[];
  /** E-mail addresses that the test typed, as it typed them. */
  emails?: string[];
  nowMillis: number;
}

/** A fault as a rule states it; `copies` are the transmissions that it is about. */
export interface Fault extends Omit<SiteFinding, "page" | "line"> {
  copies: ObservedCopy[];
  pageIndex: number;
}

/** Faults of an event's own data. Meta refuses such an event, or cannot use it. */
const MALFORMED: Rule[] = [
  "fbc-wrong-click",
  "fbc-in-seconds",
  "hash-not-normalised",
  "value-without-currency",
  "event-too-old",
  "personal-data-in-url",
];
const DOUBLED: Rule[] = [
  "no-event-id",
  "different-ids",
  "different-names",
  "duplicate-page-view",
  "shared-event-id",
];

/** Returns the faults of a site, the worst first. */
export function report(observed: Observed): SiteFinding[] {
  return judged(observed).findings;
}

/** Returns each event with its verdict, and the faults of the site. */
export function judged(observed: Observed): { events: SiteEvent[]; findings: SiteFinding[] } {
  const events = pair(observed.copies);
  const faults = [...pairFaults(events), ...copyFaults(observed), ...visitFaults(observed)];
  const found = new Map(faults.map((fault) => [fault, finding(fault, observed)]));
  return {
    events: events.map((event) => {
      const own = faults.filter(({ copies }) => copies.some((copy) => isOf(copy, event)));
      return {
        datasetId: event.datasetId,
        eventName: event.eventName,
        eventId: event.eventId,
        visitor: event.visitor,
        verdict: verdict(event, own),
        mergedBy: event.mergedBy,
        findings: own.flatMap((fault) => found.get(fault) ?? []),
      };
    }),
    findings: [...found.values()].sort((one, other) => rank(one) - rank(other)),
  };
}

const isOf = (copy: ObservedCopy, { browser, server }: Paired) =>
  browser.includes(copy) || server.includes(copy);

const rank = ({ severity }: SiteFinding) => (severity === "error" ? 0 : 1);

function verdict({ mergedBy }: Paired, faults: Fault[]): Verdict {
  const has = (rules: Rule[]) =>
    faults.some(({ rule, severity }) => severity === "error" && rules.includes(rule));
  if (has(MALFORMED)) return "malformed";
  if (has(["server-copy-missing", "browser-copy-missing"])) return "lost";
  if (has(DOUBLED)) return "doubled";
  return mergedBy === undefined ? "lost" : "merged";
}

function finding({ copies, pageIndex, ...fault }: Fault, { pages, sources = [] }: Observed): SiteFinding {
  const line = fault.eventName === undefined ? undefined : lineOf(sources, fault.eventName);
  return {
    ...fault,
    page: withoutValues(pages[pageIndex]?.url ?? copies[0]?.url ?? ""),
    ...(line && { line }),
  };
}

/** Returns an address without the values of its query: they may be personal data. */
function withoutValues(address: string): string {
  if (!URL.canParse(address)) return address;
  const { origin, pathname, searchParams } = new URL(address);
  const names = [...new Set(searchParams.keys())].map((name) => `${encodeURIComponent(name)}=…`);
  return `${origin}${pathname}${names.length > 0 ? `?${names.join("&")}` : ""}`;
}
