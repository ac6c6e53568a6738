// The part that loads when something is wrong.

import type { Rules } from "../problems.ts";

let isTold = false;

/** Runs `use` with that part; undefined if it cannot be loaded. */
export async function withProblems<T>(
  use: (part: typeof import("../problems.ts")) => T,
): Promise<T | undefined> {
  try {
    return use(await import("../problems.ts"));
  } catch (error) {
    if (!isTold) console.warn("capi-bridge: something is wrong, and what says it cannot be loaded.", error);
    isTold = true;
    return undefined;
  }
}

/** Logs an event or a request, as `logged` in `problems.ts` documents it. */
export type Debug = (...facts: Parameters<(typeof import("../problems.ts"))["logged"]>) => void;

/** Has it look for mistakes in the set-up. */
export const lookFor = <About extends keyof Rules>(about: About, ...facts: Parameters<Rules[About]>) =>
  void withProblems(({ looked }) => looked(about, facts));
