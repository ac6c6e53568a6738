// Many requests, one write: while one call to an outbox is in flight, what arrives gathers for the next.

/**
 * How long a request waits for a call before it makes one itself: longer than any call takes. It only
 * happens when the request that made the call vanished.
 */
const STALLED_AFTER_MILLIS = 10_000;

/** A single slow call does not make those after it wait longer than this, in milliseconds. */
const USUAL_AT_MOST_MILLIS = 20;

/** A call on its way. */
interface Call {
  since: number;
  /** What became of it; nothing yet without one. */
  end?: { error?: unknown };
}

/** A request that waits. */
interface Waiting<T> {
  items: T[];
  /** The call that carries its items, once there is one. */
  call?: Call;
}

/**
 * Gathers items of several requests into one call at a time. Every request is answered only after
 * the call that carried its own items.
 *
 * No request waits for a promise of another's. Hosts bind a promise to the request that made it: one
 * that another request settles may continue at that one's side, where the own body cannot be touched,
 * or late, or not at all when that one's client has gone. So requests share plain data, and each looks
 * by its own timer whether its call has ended, about when such calls do. Whoever finds no call in
 * flight makes the next one, for all who wait.
 */
export class Gathering<T> {
  readonly #most: number;
  #waiting: Waiting<T>[] = [];
  #inFlight: Call | undefined;
  /** Who makes the next call, as soon as the one in flight has ended. */
  #next: Waiting<T> | undefined;
  /** How long calls take, in milliseconds: the mean of the last few. */
  #usual = 4;

  /** @param most items that one call carries, but for a single request with more */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Resolves when `call` has succeeded with a batch that `items` were part of.
   *
   * @param keepAlive keeps the request alive until a promise settles, its client gone or not
   */
  async add(
    items: T[],
    call: (items: T[]) => Promise<void>,
    keepAlive: (promise: Promise<unknown>) => void,
  ): Promise<void> {
    const own: Waiting<T> = { items };
    this.#waiting.push(own);
    for (;;) {
      if (own.call?.end !== undefined) {
        if ("error" in own.call.end) throw own.call.end.error;
        return;
      }
      const awaited = own.call ?? this.#inFlight;
      const elapsed = awaited === undefined ? 0 : Date.now() - awaited.since;
      if (awaited === undefined || elapsed > STALLED_AFTER_MILLIS) {
        const made = this.#make(own, call);
        keepAlive(made);
        await made;
        continue;
      }
      // Those who wait for a call that is not made yet wait for two, but for the one who is to make it.
      if (own.call === undefined) this.#next ??= own;
      const calls = own.call === undefined && this.#next !== own ? 2 : 1;
      // A call that takes longer than usual is looked after less and less often.
      await sleep(Math.max(1, this.#usual * calls - elapsed + 1, elapsed / 8));
    }
  }

  /** Makes the call for a request, and for those who wait as far as one call carries them. Never rejects. */
  async #make(own: Waiting<T>, call: (items: T[]) => Promise<void>): Promise<void> {
    const made: Call = { since: Date.now() };
    this.#inFlight = made;
    this.#next = undefined;
    own.call = made;
    const items = [...own.items];
    const left: Waiting<T>[] = [];
    for (const request of this.#waiting) {
      if (request === own) continue;
      if (items.length + request.items.length > this.#most) {
        left.push(request);
        continue;
      }
      request.call = made;
      items.push(...request.items);
    }
    this.#waiting = left;
    try {
      await call(items);
      made.end = {};
    } catch (error) {
      made.end = { error };
    }
    const took = Math.min(Date.now() - made.since, USUAL_AT_MOST_MILLIS);
    this.#usual += (took - this.#usual) / 8;
    // A later call took over from one that stalled.
    if (this.#inFlight === made) this.#inFlight = undefined;
  }
}

function sleep(millis: number): Promise<void> {
  return new Promise((done) => setTimeout(done, millis));
}
