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
  /** How it ended; absent while it is in flight. */
  end?: { error?: unknown };
  /** It carries the items of more than one request. */
  isShared?: boolean;
}

/** A request that waits. */
interface Waiting<T> {
  items: T[];
  bytes: number;
  /** The call that carries its items, once there is one. */
  call?: Call;
}

/** What one call carries at most. A single request with more goes by itself. */
export interface CallLimits {
  items: number;
  bytes: number;
}

/**
 * Gathers items of several requests into one call at a time. A request is answered after the call that carried its
 * items. If a call with items of several requests fails, each of them tries once alone: one request that the outbox
 * cannot take does not fail its neighbours.
 *
 * A request does not wait for a promise of another request. Hosts bind a promise to the request that made it. If
 * another request settles it, the code behind it may continue in that other request, late, or never. So requests
 * share plain data, and each one looks by its own timer whether its call has ended. A request that finds no call in
 * flight makes the next one, for all that wait.
 */
export class Gathering<T> {
  readonly #limits: CallLimits;
  readonly #bytesOf: (item: T) => number;
  #waiting: Waiting<T>[] = [];
  #inFlight: Call | undefined;
  /** Who makes the next call, as soon as the one in flight has ended. */
  #next: Waiting<T> | undefined;
  /** How long calls take, in milliseconds: the mean of the last few. */
  #usual = 4;

  /** @param bytesOf how many bytes an item has in a call */
  constructor(limits: CallLimits, bytesOf: (item: T) => number) {
    this.#limits = limits;
    this.#bytesOf = bytesOf;
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
    const own: Waiting<T> = { items, bytes: items.reduce((sum, item) => sum + this.#bytesOf(item), 0) };
    this.#waiting.push(own);
    for (;;) {
      if (own.call?.end !== undefined) {
        if (!("error" in own.call.end)) return;
        if (own.call.isShared !== true) throw own.call.end.error;
        const alone = call(items);
        keepAlive(alone.catch(() => undefined));
        return alone;
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
    let { bytes } = own;
    const left: Waiting<T>[] = [];
    for (const request of this.#waiting) {
      if (request === own) continue;
      const fits = items.length + request.items.length <= this.#limits.items;
      if (!fits || bytes + request.bytes > this.#limits.bytes) {
        left.push(request);
        continue;
      }
      request.call = made;
      made.isShared = true;
      items.push(...request.items);
      bytes += request.bytes;
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
