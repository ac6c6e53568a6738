// What the door refused: to the log, and on to an outbox, which every isolate's counts come together in.

import { withRelay } from "./engine.ts";
import { configuration, type Env, isDurable } from "./env.ts";
import type { Context } from "./intake.ts";
import { log } from "./log.ts";
import { outboxOf } from "./outboxes.ts";

/** Counts of a few seconds are handed on together. */
const HAND_ON_AFTER_MILLIS = 3_000;
/** Counts that were to be handed on and were not by then: their request vanished. */
const STALLED_AFTER_MILLIS = 30_000;

let handingOnSince: number | undefined;
/** Counts that an outbox did not take. */
let left: Record<string, number>[] = [];

/** Logs what is due, and sees to it that the counts reach an outbox. Nothing waits for it. */
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

/** Never rejects. */
async function handOn(env: Env, config: string): Promise<void> {
  await new Promise((done) => setTimeout(done, HAND_ON_AFTER_MILLIS));
  handingOnSince = undefined;
  let counts: Record<string, number>[] = [];
  try {
    const first = withRelay(config, (relay) => relay.datasets)[0];
    counts = [...left, withRelay(config, (relay) => relay.takeRefusals())];
    left = [];
    if (first === undefined) return;
    const outbox = outboxOf(env, first);
    for (let next = counts[0]; next !== undefined; next = counts[0]) {
      if (Object.keys(next).length > 0) await outbox.refused(first, next);
      counts.shift();
    }
  } catch (error) {
    left = counts.slice(-10);
    log("warn", "refusals not handed on", { error: String(error) });
  }
}
