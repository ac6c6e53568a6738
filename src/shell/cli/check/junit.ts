// The report of a check as JUnit's XML, which CI systems show as tests: a case for each event, and one for the site.

import type { SiteReport } from "../../testing/check-site.ts";

type Finding = SiteReport["findings"][number];

/** Returns the report as XML. */
export function asJunit({ url, events, findings }: SiteReport): string {
  const ofEvents = new Set(events.flatMap((event) => event.findings));
  const cases = events.map(({ eventName, eventId, datasetId, visitor, verdict, findings: own }) => {
    const name = `${eventName} ${eventId ?? "without event id"} (dataset ${datasetId}, visitor ${visitor + 1})`;
    return { name, failures: own, verdict: verdict === "merged" ? undefined : verdict };
  });
  const others = findings.filter((finding) => !ofEvents.has(finding));
  cases.push({ name: "the site", failures: others, verdict: undefined });
  const failed = cases.filter(({ failures, verdict }) => failures.length > 0 || verdict !== undefined);
  const body = cases.map(({ name, failures, verdict }) => {
    const open = `    <testcase classname="capi-bridge check" name="${escaped(name)}"`;
    if (failures.length === 0 && verdict === undefined) return `${open}/>`;
    const message = verdict ?? failures[0]?.rule ?? "";
    const text = failures.map(sentence).join("\n\n");
    return `${open}>\n      <failure message="${escaped(message)}">${escaped(text)}</failure>\n    </testcase>`;
  });
  const counts = `tests="${cases.length}" failures="${failed.length}"`;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(url)}" ${counts}>`,
    ...body,
    `  </testsuite>`,
    `</testsuites>`,
  ].join("\n");
}

const sentence = ({ message, fix, page }: Finding) => `${message}\nFix: ${fix}\nPage: ${page}`;

/** Characters that XML 1.0 does not allow: controls, halves of surrogate pairs, and two non-characters. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Returns text for XML. */
function escaped(text: string): string {
  return text.replace(FORBIDDEN, "�").replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
