// What was taken at the door is stored, and answered then.

import type { Intake } from "#wasm/edge";
import { answer } from "./answer.ts";
import { withRelay } from "./engine.ts";
import { configuration, type Env, isDurable } from "./env.ts";
import { type CallLimits, Gathering } from "./gathering.ts";
import { log } from "./log.ts";
import { isMoving, layoutOf, outboxOf } from "./outboxes.ts";
import { Undelivered } from "./undelivered.ts";

/** What the host offers to outlive an answer. */
export type Context = Pick<ExecutionContext, "waitUntil">;

/** Who is at the other end of the connection, as far as the host knows: country and region by ISO 3166. */
export interface Peer {
  address?: string;
  country?: string;
  region?: string;
}

/** Answers when what was taken, events and what was said of people, is on disk. */
export async function answerOnceStored(intake: Intake, env: Env, context: Context): Promise<Response> {
  const { dataset_id: dataset, parcel } = intake;
  if (dataset !== null && parcel !== null) await store(dataset, parcel, env, context);
  return answer(intake.answer);
}

/** A parcel on its way to an outbox. */
interface Item {
  parcel: Uint8Array;
  /** Whether the outbox had room for it; undefined until it has answered. */
  isStored?: boolean | undefined;
}

/** Parcels on their way, by outbox. */
const gatherings = new Map<string, Gathering<Item>>();
/** A call to a Durable Object may carry 32 MiB (Cloudflare, "Workers RPC"). A quarter of it is far from the limit. */
const CALL_LIMITS: CallLimits = { items: 500, bytes: 8 * 1024 * 1024 };

/** Resolves when a parcel is on disk. */
async function store(dataset: string, parcel: Uint8Array, env: Env, context: Context): Promise<void> {
  if (!isDurable(env)) {
    // Each request is delivered by itself: another's events must not hold it up.
    await outboxOf(env, dataset).accept(dataset, [parcel]);
    return;
  }
  const config = configuration(env);
  const layout = await layoutOf(env, dataset);
  const { outboxes } = layout;
  const before = isMoving(layout) ? layout.before : outboxes;
  const whole = outboxes > 1 ? await completed(dataset, parcel, env) : parcel;
  const parts = withRelay(config, (relay) => relay.parcelParts(whole, before));
  await Promise.all(
    parts.map(async ([now, old, part]) => {
      if (now === old) return storePart(dataset, now, part, env, context);
      // For 48 hours an event with a copy in the outbox of before goes there.
      const seen = await outboxOf(env, dataset, old).seen(dataset, part);
      const [known, others] = withRelay(config, (relay) => relay.parcelSplit(part, seen));
      if (known !== undefined) await storePart(dataset, old, known, env, context);
      if (others !== undefined) await storePart(dataset, now, others, env, context);
    }),
  );
}

/** A parcel with what the first outbox remembers of its people. */
async function completed(dataset: string, parcel: Uint8Array, env: Env): Promise<Uint8Array> {
  const config = configuration(env);
  const keys = withRelay(config, (relay) => relay.parcelKnownAs(parcel));
  if (keys.length === 0) return parcel;
  const known = await outboxOf(env, dataset).known(dataset, keys);
  return withRelay(config, (relay) => relay.parcelComplete(parcel, known));
}

async function storePart(
  dataset: string,
  number: number,
  parcel: Uint8Array,
  env: Env,
  context: Context,
): Promise<void> {
  const name = `${dataset}#${number}`;
  const gathering = gatherings.get(name) ?? new Gathering<Item>(CALL_LIMITS, (item) => item.parcel.length);
  gatherings.set(name, gathering);
  const own: Item = { parcel };
  try {
    await gathering.add(
      [own],
      async (all) => {
        const { stored } = await outboxOf(env, dataset, number).accept(
          dataset,
          all.map((item) => item.parcel),
        );
        all.forEach((item, at) => (item.isStored = stored[at]));
      },
      (promise) => context.waitUntil(promise),
    );
  } catch (error) {
    if (error instanceof Undelivered) throw error;
    // The outbox is overloaded, moves, or its disk is full.
    log("error", "not stored", { dataset, error: String(error) });
    throw new Undelivered("the events could not be stored; send them again, with the same ids");
  }
  if (own.isStored !== true) {
    log("error", "outbox full", { dataset });
    throw new Undelivered(
      "the outbox is full; send the events again later, with the same ids",
      "outbox_full",
    );
  }
}

/** Who is at the other end of the connection: workerd says the address in `cf`, Cloudflare the place. */
export function peer(request: Request): Peer {
  const facts: Peer = {};
  const cf: Record<string, unknown> = request.cf ?? {};
  if (typeof cf["clientIp"] === "string") facts.address = cf["clientIp"];
  if (typeof cf["country"] === "string") facts.country = cf["country"];
  if (typeof cf["regionCode"] === "string") facts.region = cf["regionCode"];
  return facts;
}
