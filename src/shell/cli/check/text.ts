// The report of a check as text.

import type { SiteReport } from "../../testing/check-site.ts";
import type { SiteFinding } from "../../testing/site-report.ts";
import { painted } from "../print.ts";

const COLOURS = { merged: "green", doubled: "red", lost: "red", malformed: "red" } as const;

/** Returns the report as lines. */
export function asText({ events, findings, pages }: SiteReport): string[] {
  const lines = [`${pages.length} page(s), ${events.length} event(s)`, ""];
  for (const { verdict, eventName, eventId, datasetId, visitor, mergedBy } of events) {
    const by = mergedBy === undefined ? "" : ` by ${mergedBy}`;
    const id = eventId === undefined ? "no event id" : eventId;
    const shown = painted(COLOURS[verdict], verdict.padEnd("malformed".length));
    lines.push(`${shown}  ${eventName}  ${id}${by}  (dataset ${datasetId}, visitor ${visitor + 1})`);
  }
  for (const found of grouped(findings)) {
    const [{ severity, rule, eventName, message, fix, line }] = found;
    const times = found.length > 1 ? ` (${found.length} times)` : "";
    const shown = painted(severity === "error" ? "red" : "yellow", severity);
    lines.push("", `${shown}  ${eventName ?? "site"}: ${message}${times}`);
    lines.push(`  fix   ${fix.replaceAll("\n", "\n        ")}`);
    for (const page of new Set(found.map((finding) => finding.page))) lines.push(`  page  ${page}`);
    if (line !== undefined) lines.push(`  line  ${line.url}:${line.line}  ${line.text.trim()}`);
    lines.push(`  rule  ${rule}`);
  }
  const wrong = findings.filter(({ severity }) => severity === "error").length;
  lines.push("", `${wrong} error(s), ${findings.length - wrong} warning(s)`);
  return lines;
}

/** Groups findings that say the same: both visitors meet a fault, some on several pages. */
function grouped(findings: SiteFinding[]): [SiteFinding, ...SiteFinding[]][] {
  const groups = new Map<string, [SiteFinding, ...SiteFinding[]]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.rule, finding.eventName, finding.message, finding.fix]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}
