// The edge's WebAssembly: started once, and started anew after a trap.

import module from "#wasm/edge_bg.wasm";
import { __wbg_reset_state, type Disk, initSync, Plan, Relay } from "#wasm/edge";

initSync({ module });

/** A trap in the module. The request fails; the next one gets a fresh instance. */
export class Trap extends Error {}

let current: { configuration: string; relay: Relay } | undefined;
/** The number of the current instance. Objects of earlier instances are gone. */
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
    // The module throws plain `Error`s only. Any other error left the module's state unusable: a trap, a
    // stack overflow (a RangeError), or an error of a function of the host.
    if (error instanceof Error && error.constructor === Error) throw error;
    current = undefined;
    instance += 1;
    __wbg_reset_state();
    throw new Trap("the relay failed on this request", { cause: error });
  }
}

/** Returns the plan if its instance of the module lives, else wakes a new one: without a disk, in memory. */
export function wakePlan(plan: Plan | undefined, disk: Disk | undefined, datasetId: string): Plan {
  if (plan !== undefined && isAlive(plan)) return plan;
  const woken = Plan.wake(disk, datasetId, Date.now());
  instanceOf.set(woken, instance);
  return woken;
}

/** Returns true if the plan's instance of the module lives. A trap ends it, with the plans of all requests. */
export function isAlive(plan: Plan): boolean {
  return instanceOf.get(plan) === instance;
}

/** Frees a plan. If its instance is gone, there is nothing to free: its address belongs to another instance now. */
export function freePlan(plan: Plan): void {
  if (isAlive(plan)) plan.free();
}
