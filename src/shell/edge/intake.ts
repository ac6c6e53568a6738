// What was taken at the door is stored, and answered then.

import type { Intake } from "#wasm/edge";
import { answer } from "./answer.ts";
import { type Env } from "./env.ts";
import { type CallLimits, Gathering } from "./gathering.ts";
import { log } from "./log.ts";
import type { Arrived } from "./outbox-calls.ts";
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
  if (intake.dataset_id !== null) {
    await store(intake.dataset_id, [...intake.people, ...intake.events], env, context);
  }
  return answer(intake.answer);
}

/** Events on their way to an outbox, by dataset. */
const gatherings = new Map<string, Gathering<Arrived>>();
/** A call to a Durable Object may carry 32 MiB (Cloudflare, "Workers RPC"). A quarter of it is far from the limit. */
const CALL_LIMITS: CallLimits = { items: 1000, bytes: 8 * 1024 * 1024 };

/** Returns how many bytes an item has at most in a call. A text with one character outside Latin-1 has two bytes each. */
function bytesOf(item: Arrived): number {
  const texts = Object.values(item).flat();
  return texts.reduce<number>((sum, text) => sum + (typeof text === "string" ? 2 * text.length : 0) + 32, 32);
}

/** Returns the items in parts that fit into one call each. */
function* parts(items: Arrived[]): Generator<Arrived[]> {
  let part: Arrived[] = [];
  let bytes = 0;
  for (const item of items) {
    const more = bytesOf(item);
    if (part.length > 0 && bytes + more > CALL_LIMITS.bytes) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(item);
    bytes += more;
  }
  yield part;
}

/** Resolves when the events, and what was said of people, are on disk. */
async function store(dataset: string, events: Arrived[], env: Env, context: Context): Promise<void> {
  const gathering = gatherings.get(dataset) ?? new Gathering<Arrived>(CALL_LIMITS, bytesOf);
  gatherings.set(dataset, gathering);
  try {
    for (const part of parts(events)) {
      await gathering.add(
        part,
        (all) => env.OUTBOX.get(env.OUTBOX.idFromName(dataset)).accept(dataset, all),
        (promise) => context.waitUntil(promise),
      );
    }
  } catch (error) {
    if (error instanceof Undelivered) throw error;
    // The outbox is overloaded, moves, or its disk is full.
    log("error", "not stored", { dataset, error: String(error) });
    throw new Undelivered("the events could not be stored; send them again, with the same ids");
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
