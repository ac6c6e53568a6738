// Waits until a judgement holds, as the matchers of test runners do.

/** The result of a look at the events or cookies. */
export interface Judgement<Found = unknown> {
  /** True if the expectation holds, without "not". */
  pass: boolean;
  /** True if waiting longer cannot change it. */
  isFirm: boolean;
  /** True if there is nothing to judge, so that neither the expectation nor its opposite holds. */
  isEmpty?: boolean;
  /** The test's expectation, in words. */
  expected: string;
  /** The finding, in words. */
  found: string;
  /** The tester's next step. */
  next: string;
  /** The events that it is about. */
  events: Found[];
}

/** Limits the wait, and names the outcome to wait for. */
export interface Waiting {
  /** True if the test expects the opposite. */
  isNot: boolean;
  timeoutMillis: number;
  /** The time for which an outcome that may still change has to hold. */
  quietMillis?: number;
}

/** An outcome that may still change has to hold this long, in milliseconds. */
const QUIET_MILLIS = 1_000;
const LOOK_EVERY_MILLIS = 50;

/**
 * Looks until the judgement is the wanted one, and returns it; after the timeout, or when the outcome is firm, the last
 * one. A "not", and "once", may be undone by an event that is on its way: such an outcome has to hold for a moment.
 */
export async function settle<Found>(
  look: () => Promise<Judgement<Found>>,
  { isNot, timeoutMillis, quietMillis = QUIET_MILLIS }: Waiting,
): Promise<Judgement<Found>> {
  const end = Date.now() + timeoutMillis;
  let goodSince: number | undefined;
  for (;;) {
    const judgement = await look();
    const isGood = !judgement.isEmpty && judgement.pass !== isNot;
    if (judgement.isFirm) return judgement;
    if (isGood) {
      goodSince ??= Date.now();
      if (Date.now() - goodSince >= quietMillis) return judgement;
    } else {
      goodSince = undefined;
      if (Date.now() >= end) return judgement;
    }
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MILLIS));
  }
}
