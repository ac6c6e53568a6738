// Prints warnings, and decides about refused events. The deferred part loads it when something is wrong, and for
// `data-debug`, which logs events. The two parts share no file, so each is one request.

import { aboutAnswer, type Posted, type Warning } from "./rules/about-answer.ts";
import { aboutEvent, aboutRequest } from "./rules/debug.ts";
import { aboutCustomer, aboutDatasets, aboutEndpoint, aboutSettings } from "./rules/mistakes.ts";
import { isLasting, isWorthAWarning, problemsOf, sendAgain } from "./rules/refusal.ts";

const printed = new Set<string>();

/** Prints warnings: one of each kind per page. */
function print(warnings: Warning[]): void {
  for (const [kind, sentence] of warnings) {
    if (!printed.has(kind)) console.warn(`capi-bridge: ${sentence}`);
    printed.add(kind);
  }
}

/** Logs a line of `data-debug`: about an event with its datasets, or about a request. */
export function logged(...facts: Parameters<typeof aboutEvent> | Parameters<typeof aboutRequest>): void {
  const [first] = facts;
  const line = Array.isArray(first)
    ? aboutRequest(...(facts as Parameters<typeof aboutRequest>))
    : aboutEvent(...(facts as Parameters<typeof aboutEvent>));
  console.info(`capi-bridge: ${line}`);
}

/** The rules that find mistakes in the set-up, by their subject. */
const RULES = {
  customer: aboutCustomer,
  datasets: aboutDatasets,
  endpoint: aboutEndpoint,
  settings: aboutSettings,
};
/** The type of `RULES`. */
export type Rules = typeof RULES;

/** Looks for mistakes in the set-up and prints them. */
export function looked<About extends keyof Rules>(about: About, facts: Parameters<Rules[About]>): void {
  const find = RULES[about] as (...facts: Parameters<Rules[About]>) => Warning[];
  print(find(...facts));
}

/** Prints the warnings about an answer that is no plain receipt, and decides about the `count` events of its request. */
export function answered(
  response: Response | undefined,
  body: unknown,
  posted: Posted,
  tries: number,
  count: number,
): { again: number[][] | undefined; lasts: boolean } {
  const status = response?.status ?? 0;
  const answer = { status, problems: problemsOf(body), tries };
  if (isWorthAWarning(answer)) print(aboutAnswer(answer, response, body, posted));
  return { again: sendAgain(answer, count), lasts: isLasting(status) };
}
