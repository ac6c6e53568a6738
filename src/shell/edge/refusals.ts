// Logs the door's refusals, and hands their counts to an outbox, which adds up the counts of all isolates.

import { withRelay } from "./engine.ts";
import { configuration, type Env, isDurable } from "./env.ts";
import type { Context } from "./intake.ts";
import { log } from "./log.ts";
import { outboxOf } from "./outboxes.ts";
import { type Counts, RefusedCounts } from "./refused-counts.ts";

/** The time for which counts gather before an outbox gets them, in milliseconds. */
const HAND_ON_AFTER_MILLIS = 3_000;
/** The time after which a hand-over counts as lost, in milliseconds: its request vanished. */
const STALLED_AFTER_MILLIS = 30_000;

let handingOnSince: number | undefined;
const counts = new RefusedCounts();

/** Logs the refusals that are due. Hands the counts to an outbox in the background. */
export function reportRefusals(env: Env, context: Context): void {
  const config = configuration(env);
  const now = Date.now();
  for (const [reason, count] of withRelay(config, (relay) => relay.refusalsToLog(now))) {
    log("warn", "refused", { reason, count });
  }
  if (!isDurable(env)) return;
  if (handingOnSince !== undefined && now - handingOnSince < STALLED_AFTER_MILLIS) return;
  handingOnSince = now;
  context.waitUntil(handOn(env, config));
}

/** Hands the counts to an outbox of the first dataset. Never rejects. */
async function handOn(env: Env, config: string): Promise<void> {
  await new Promise((done) => setTimeout(done, HAND_ON_AFTER_MILLIS));
  handingOnSince = undefined;
  let taken: Counts = {};
  try {
    const first = withRelay(config, (relay) => relay.datasets)[0];
    if (first === undefined) return;
    taken = counts.take(withRelay(config, (relay) => relay.takeRefusals()));
    if (Object.keys(taken).length > 0) await outboxOf(env, first).refused(first, taken);
  } catch (error) {
    counts.putBack(taken);
    log("warn", "refusals not handed on", { error: String(error) });
  }
}
