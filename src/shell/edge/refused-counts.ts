// Counts of refusals that no outbox has yet.

/** Counts by reason. */
export type Counts = Record<string, number>;

/** Keeps the counts of hand-overs that failed. Several may run at once. */
export class RefusedCounts {
  #left: Counts = {};

  /** Returns these counts and those that are left. Nothing is left then. */
  take(counts: Counts): Counts {
    const all = sum(this.#left, counts);
    this.#left = {};
    return all;
  }

  /** Adds the counts of a hand-over that failed to those that are left. */
  putBack(counts: Counts): void {
    this.#left = sum(this.#left, counts);
  }
}

function sum(one: Counts, other: Counts): Counts {
  const all = { ...one };
  for (const [reason, count] of Object.entries(other)) all[reason] = (all[reason] ?? 0) + count;
  return all;
}
