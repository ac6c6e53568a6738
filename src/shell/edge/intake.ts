// Stores the intake of a request, then answers the request.

import type { Intake } from "#wasm/edge";
import { answer } from "./answer.ts";
import { withRelay } from "./engine.ts";
import { configuration, type Env, isDurable } from "./env.ts";
import { type CallLimits, Gathering } from "./gathering.ts";
import { log } from "./log.ts";
import { isMoving, layoutOf, outboxOf } from "./outboxes.ts";
import { Undelivered } from "./undelivered.ts";
import { Trap } from "../wasm/guard.ts";

/** The host's `waitUntil`, for work that outlives an answer. */
export type Context = Pick<ExecutionContext, "waitUntil">;

/** The other end of the connection, as far as the host knows it. Country and region are ISO 3166 codes. */
export interface Peer {
  address?: string;
  country?: string;
  region?: string;
}

/** Stores an intake, events and customer information. Returns its answer once it is on disk. */
export async function answerOnceStored(intake: Intake, env: Env, context: Context): Promise<Response> {
  const { dataset_id: dataset, parcel, has_orders: hasOrders } = intake;
  if (dataset !== null && parcel !== null) {
    try {
      // Before the events go to their outboxes, because an event may get another id.
      const whole = hasOrders ? await ordered(dataset, parcel, env, context) : parcel;
      if (whole !== null) await store(dataset, whole, env, context);
    } catch (error) {
      if (error instanceof Undelivered || error instanceof Trap) throw error;
      // An outbox is overloaded, moves, cannot be opened, or its disk is full.
      log("error", "not stored", { dataset, error: String(error) });
      throw new Undelivered("the events could not be stored; send them again, with the same ids");
    }
  }
  return answer(intake.answer);
}

/** The limits of a call to an outbox, far below the 32 MiB that it may carry. (Cloudflare, "Workers RPC") */
const CALL_LIMITS: CallLimits = { items: 500, bytes: 8 * 1024 * 1024 };

/** A parcel on its way to the order memory, and its answer. */
interface OrderItem {
  parcel: Uint8Array;
  ordered?: Uint8Array | null | undefined;
}

const orderGatherings = new Map<string, Gathering<OrderItem>>();

/** Returns the parcel after the first outbox remembered its orders; null if nothing of it is to be stored. */
async function ordered(dataset: string, parcel: Uint8Array, env: Env, context: Context) {
  const own: OrderItem = { parcel };
  const ask = async (all: OrderItem[]) => {
    const answers = await outboxOf(env, dataset).orders(
      dataset,
      all.map((item) => item.parcel),
    );
    all.forEach((item, at) => (item.ordered = answers[at]));
  };
  if (isDurable(env)) {
    const gathering =
      orderGatherings.get(dataset) ?? new Gathering<OrderItem>(CALL_LIMITS, (item) => item.parcel.length);
    orderGatherings.set(dataset, gathering);
    await gathering.add([own], ask, (promise) => context.waitUntil(promise));
  } else {
    await ask([own]);
  }
  return own.ordered === undefined ? parcel : own.ordered;
}

/** A parcel on its way to an outbox. */
interface Item {
  parcel: Uint8Array;
  /** True if the outbox stored it, false if the outbox was full; undefined before the outbox answers. */
  isStored?: boolean | undefined;
}

/** The parcels on their way, by outbox. */
const gatherings = new Map<string, Gathering<Item>>();

/** Stores a parcel. Resolves when it is on disk. */
async function store(dataset: string, parcel: Uint8Array, env: Env, context: Context): Promise<void> {
  if (!isDurable(env)) {
    // Delivers each request alone: events of another request must not delay it.
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
      // For 48 hours after a change, an event goes to its old outbox if that one has a copy of it.
      const seen = await outboxOf(env, dataset, old).seen(dataset, part);
      const [known, others] = withRelay(config, (relay) => relay.parcelSplit(part, seen));
      if (known !== undefined) await storePart(dataset, old, known, env, context);
      if (others !== undefined) await storePart(dataset, now, others, env, context);
    }),
  );
}

/** Returns the parcel with the customer information that the first outbox remembers. */
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
  if (own.isStored !== true) {
    log("error", "outbox full", { dataset });
    throw new Undelivered(
      "the outbox is full; send the events again later, with the same ids",
      "outbox_full",
    );
  }
}

/** Returns the other end of the connection. workerd has its address in `cf`, Cloudflare its place. */
export function peer(request: Request): Peer {
  const facts: Peer = {};
  const cf: Record<string, unknown> = request.cf ?? {};
  if (typeof cf["clientIp"] === "string") facts.address = cf["clientIp"];
  if (typeof cf["country"] === "string") facts.country = cf["country"];
  if (typeof cf["regionCode"] === "string") facts.region = cf["regionCode"];
  return facts;
}
