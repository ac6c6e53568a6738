// Many requests, one write: while one call to an outbox is in flight, what arrives gathers for the next.

/**
 * How long a request waits for its batch before it does without: longer than any call takes. It only
 * happens when the request that was to make the call vanished.
 */
const STALLED_AFTER_MILLIS = 10_000;

interface Request<T> {
  items: T[];
  /** How many calls were made with them: one, but for calls that vanished. */
  calls: number;
  /** Called in whatever request's context: it only resolves a promise of its own request. */
  settle(error?: unknown): void;
}

/**
 * Gathers items of several requests into one call at a time. Every request is answered only after
 * the call that carried its own items.
 *
 * A promise belongs to the request that made it, and a host may end a request whose client is gone.
 * So each request waits for a promise of its own; the first of a batch makes the call for all and is
 * kept alive until the call is done; and should it vanish all the same, each of the others notices,
 * and makes the call for those that are left.
 */
export class Gathering<T> {
  readonly #most: number;
  #waiting: Request<T>[] = [];
  /** Whose turn it is to make the next call. */
  #leader: (() => void) | undefined;
  #inFlight: object | undefined;

  /** @param most items that one call carries */
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
    const request: Request<T> = { items, calls: 0, settle: () => undefined };
    const answered = new Promise<void>((done, fail) => {
      request.settle = (error) => (error === undefined ? done() : fail(error));
    });
    this.#waiting.push(request);
    if (this.#inFlight === undefined) {
      keepAlive(this.#make(call));
      return answered;
    }
    if (this.#leader === undefined) {
      const turn = new Promise<void>((go) => (this.#leader = go));
      keepAlive(turn.then(() => (this.#inFlight === undefined ? this.#make(call) : undefined)));
    }
    let calls = 0;
    const timer = setInterval(() => {
      if (this.#waiting.includes(request)) {
        this.#leader = undefined;
        keepAlive(this.#make(call));
      } else if (request.calls === calls) {
        // Its call was made, but whoever made it is gone: make it once more, by itself.
        call(items).then(() => request.settle(), request.settle);
      }
      calls = request.calls;
    }, STALLED_AFTER_MILLIS);
    try {
      await answered;
    } finally {
      clearInterval(timer);
    }
  }

  /** Makes the call for all that wait, as far as one call carries them. Never rejects. */
  async #make(call: (items: T[]) => Promise<void>): Promise<void> {
    const self = {};
    this.#inFlight = self;
    const batch: Request<T>[] = [];
    const items: T[] = [];
    while (this.#waiting[0] !== undefined && (batch.length === 0 || items.length < this.#most)) {
      const [request] = this.#waiting.splice(0, 1) as [Request<T>];
      request.calls += 1;
      batch.push(request);
      items.push(...request.items);
    }
    let failure: unknown;
    try {
      if (items.length > 0) await call(items);
    } catch (error) {
      failure = error ?? new Error("a call to the outbox failed");
    }
    for (const request of batch) request.settle(failure);
    // A later call took over from one that stalled.
    if (this.#inFlight !== self) return;
    this.#inFlight = undefined;
    const next = this.#leader;
    this.#leader = undefined;
    if (next !== undefined) next();
    else if (this.#waiting.length > 0) await this.#make(call);
  }
}
