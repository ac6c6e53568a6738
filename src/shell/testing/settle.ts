// Waits until a judgement holds, as the matchers of test runners do.

/** What a look at the events or cookies says. */
export interface Judgement<Found = unknown> {
  /** True if the expectation holds, without "not". */
  pass: boolean;
  /** True if waiting longer cannot change it. */
  isFirm: boolean;
  /** True if there is nothing to judge, so that neither the expectation nor its opposite holds. */
  isEmpty?: boolean;
  /** What the test expects, in words. */
  expected: string;
  /** What was found, in words. */
  found: string;
  /** What the tester should try next. */
  next: string;
  /** The events that it is about. */
  events: Found[];
}

/** How long to wait, and for which outcome. */
export interface Waiting {
  /** True if the test expects the opposite. */
  isNot: boolean;
  timeoutMillis: number;
  /** How long an outcome that may still change has to hold. */
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
