// Judges this machine's clock by the `Date` of an answer.

import { type Finding, ok, problem } from "./finding.ts";
import type { Answer } from "./graph.ts";

/** The difference of clocks from which Meta may refuse events or count them for another hour. */
const MAX_CLOCK_SECONDS = 60;

/** Compares the clocks by the `Date` of an answer, which is in whole seconds. */
export function judgeClock({ dateMillis }: Answer, nowMillis: number): Finding[] {
  if (dateMillis === undefined) return [];
  const seconds = Math.round((nowMillis - dateMillis) / 1000);
  if (Math.abs(seconds) <= MAX_CLOCK_SECONDS) return [ok("clock", "It agrees with the Graph API's.")];
  const says = `It is ${Math.abs(seconds)} seconds ${seconds > 0 ? "ahead of" : "behind"} the Graph API's: event times are wrong, and Meta refuses events of the future.`;
  return [problem("clock", says, "Set it by NTP, such as: timedatectl set-ntp true")];
}
