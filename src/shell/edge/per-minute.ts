// Events a minute, over the last five; forgotten when the object sleeps.

const MINUTE = 60_000;
const MINUTES = 5;

export class PerMinute {
  readonly #counts = new Map<number, number>();

  add(events: number, now: number): void {
    const minute = Math.floor(now / MINUTE);
    this.#counts.set(minute, (this.#counts.get(minute) ?? 0) + events);
    for (const old of this.#counts.keys()) if (old <= minute - MINUTES) this.#counts.delete(old);
  }

  rate(now: number): number {
    const since = Math.floor(now / MINUTE) - MINUTES;
    let events = 0;
    for (const [minute, count] of this.#counts) if (minute > since) events += count;
    return events / MINUTES;
  }
}
