// The edge's WebAssembly: started once, and started anew after a trap.

import module from "#wasm/edge_bg.wasm";
import { __wbg_reset_state, type Disk, initSync, Plan, Relay } from "#wasm/edge";
import { guarded } from "../wasm/guard.ts";

initSync({ module });

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
  const onThis = () => {
    if (current?.configuration !== configuration) {
      current = { configuration, relay: new Relay(configuration) };
    }
    return use(current.relay);
  };
  return guarded(onThis, renew);
}

/** Discards the instance after a trap. The next request gets a fresh one. */
function renew(): void {
  current = undefined;
  instance += 1;
  __wbg_reset_state();
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
