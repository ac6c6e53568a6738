// Many requests, one write: while a call to an outbox is in flight, new requests gather for the next call.

/**
 * The time after which a waiting request makes a call itself, in milliseconds: longer than any call takes.
 * This happens only if the request that made the awaited call vanished.
 */
const STALLED_AFTER_MILLIS = 10_000;

/** The most milliseconds that one slow call counts in the mean, so that later calls do not wait long. */
const USUAL_AT_MOST_MILLIS = 20;

/** A call on its way. */
interface Call {
  since: number;
  /** The outcome, with the error if it failed; absent while the call is in flight. */
  end?: { error?: unknown };
  /** True if it carries items of more than one request. */
  isShared?: boolean;
}

/** A request that waits. */
interface Waiting<T> {
  items: T[];
  bytes: number;
  /** The call that carries its items, once there is one. */
  call?: Call;
}

/** The limits of one call. A single request above them is sent alone. */
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
  /** The request that makes the next call, as soon as the one in flight has ended. */
  #next: Waiting<T> | undefined;
  /** The usual duration of a call, in milliseconds: the mean of the last few. */
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
      // A request whose call is not made yet waits for two calls, except the request that makes the next one.
      if (own.call === undefined) this.#next ??= own;
      const calls = own.call === undefined && this.#next !== own ? 2 : 1;
      // The longer a call takes beyond the usual time, the less often it is checked.
      await sleep(Math.max(1, this.#usual * calls - elapsed + 1, elapsed / 8));
    }
  }

  /** Makes a call for a request, and for as many waiting requests as one call can carry. Never rejects. */
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
    // If this call stalled, a later call may have replaced it.
    if (this.#inFlight === made) this.#inFlight = undefined;
  }
}

function sleep(millis: number): Promise<void> {
  return new Promise((done) => setTimeout(done, millis));
}
