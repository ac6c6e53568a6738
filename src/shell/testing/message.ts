// Writes the message of a matcher: what was expected, what was found, what to try next.

import type { Judgement } from "./settle.ts";

/** Returns the message. `hint` is the matcher's call, as the runner writes it; `drawn` shows the events. */
export function message(hint: string, judgement: Judgement, isNot: boolean, drawn = ""): string {
  const { expected, found, next, isEmpty } = judgement;
  const nothing =
    isNot && isEmpty ? "\nThere is nothing to judge, so the opposite cannot be said either." : "";
  return [
    hint,
    "",
    `Expected: ${isNot ? "not " : ""}${expected}`,
    `Found:    ${found}${nothing}`,
    `Next:     ${next}`,
    ...(drawn === "" ? [] : ["", drawn]),
  ].join("\n");
}
