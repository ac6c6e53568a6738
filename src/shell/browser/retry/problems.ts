// The part that loads when something is wrong.

import type { Page } from "../contract.ts";

/** Runs `use` with that part; undefined if it cannot be loaded. */
export async function withProblems<T>(
  { warn }: Page,
  use: (part: typeof import("../problems.ts")) => T,
): Promise<T | undefined> {
  try {
    return use(await import("../problems.ts"));
  } catch (error) {
    warn?.("something is wrong, and what says it cannot be loaded.", error);
    return undefined;
  }
}
