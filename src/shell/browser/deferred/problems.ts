// Loads the part that prints warnings and decides about refused events. A page without a mistake never loads it.

import type { Rules } from "../problems.ts";

let isTold = false;

/** Calls `use` with that part and returns its result. Returns undefined if the part cannot be loaded. */
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

/** Looks for mistakes in the set-up. Warns of them in the console. */
export const lookFor = <About extends keyof Rules>(about: About, ...facts: Parameters<Rules[About]>) =>
  void withProblems(({ looked }) => looked(about, facts));
