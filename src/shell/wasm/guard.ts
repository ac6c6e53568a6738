// Guards the calls of a module that wasm-bindgen binds.

/** A call that trapped. The module's state was discarded. */
export class Trap extends Error {}

/**
 * Returns what `use` returns. After a trap, calls `renew`, which discards the module's state: nothing of it may be
 * used again.
 *
 * @throws {Trap} after a trap, with the module's own error as its cause
 * @throws {Error} what the module threw
 */
export function guarded<T>(use: () => T, renew: () => void): T {
  try {
    return use();
  } catch (error) {
    // A module throws plain `Error`s only. Any other error left its state unusable: a trap, a stack overflow
    // (a RangeError), or an error of a function of the host.
    if (error instanceof Error && error.constructor === Error) throw error;
    renew();
    throw new Trap("the module trapped", { cause: error });
  }
}
