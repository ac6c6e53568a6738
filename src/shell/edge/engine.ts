// The edge's WebAssembly: started once, and started anew after a trap.

import module from "#wasm/edge_bg.wasm";
import { __wbg_reset_state, type Disk, initSync, Plan, Relay } from "#wasm/edge";

initSync({ module });

/** A trap in the module: the request it happened in fails, the next one meets a fresh instance. */
export class Trap extends Error {}

let current: { configuration: string; relay: Relay } | undefined;
/** Counts the instances: what lived in one of before is gone. */
let instance = 0;
const instanceOf = new WeakMap<Plan, number>();

/**
 * Runs `use` with the relay of this configuration.
 *
 * @throws {Trap} when the module trapped; nothing of its state is used again
 * @throws {Error} when the configuration is wrong, with the path and what was expected
 */
export function withRelay<T>(configuration: string, use: (relay: Relay) => T): T {
  try {
    if (current?.configuration !== configuration) {
      current = { configuration, relay: new Relay(configuration) };
    }
    return use(current.relay);
  } catch (error) {
    // The module's own errors are plain ones. Any other went right through it, and it never gave back what
    // it held: a trap, a stack that overflowed (a RangeError), a function of the host's that threw.
    if (error instanceof Error && error.constructor === Error) throw error;
    current = undefined;
    instance += 1;
    __wbg_reset_state();
    throw new Trap("the relay failed on this request", { cause: error });
  }
}

/** The plan of an outbox: the one that is there, unless its instance of the module is gone. Without a disk it lives in memory. */
export function wakePlan(plan: Plan | undefined, disk: Disk | undefined, datasetId: string): Plan {
  if (plan !== undefined && instanceOf.get(plan) === instance) return plan;
  const woken = Plan.wake(disk, datasetId, Date.now());
  instanceOf.set(woken, instance);
  return woken;
}
