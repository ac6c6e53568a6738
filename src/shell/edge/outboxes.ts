// Which outboxes a dataset has: objects named by the dataset, and by a number behind the first one.

import type { Layout } from "#wasm/edge";
import { withRelay } from "./engine.ts";
import { configuration, type Env } from "./env.ts";
import { log } from "./log.ts";

/** A second copy of an event is recognised for 48 hours. So long the outbox of before is asked. */
const REMEMBERED_MILLIS = 48 * 60 * 60 * 1000;
/** The object that knows all datasets that ever had an event. No dataset has such a name. */
const REGISTRY = "datasets";
/** Numbers of the quarantine are those of their outbox; those of the second one begin here. */
const IDS_PER_OUTBOX = 2 ** 40;

/** An outbox of a dataset; the first one has the dataset's own name. */
export function outboxOf(env: Env, datasetId: string, number = 0) {
  const name = number === 0 ? datasetId : `${datasetId}#${number}`;
  return env.OUTBOX.get(env.OUTBOX.idFromName(name));
}

const known = new Map<string, { config: string; layout: Layout }>();

/** How many outboxes a dataset has, and had before. Its first outbox is asked once. */
export async function layoutOf(env: Env, datasetId: string): Promise<Layout> {
  const config = configuration(env);
  const found = known.get(datasetId);
  if (found?.config === config) return found.layout;
  const layout = await outboxOf(env, datasetId).layout(datasetId);
  known.set(datasetId, { config, layout });
  return layout;
}

/** Whether events may have a copy in the outbox that they had before. */
export const isMoving = ({ outboxes, before, sinceMillis }: Layout) =>
  outboxes !== before && Math.abs(Date.now() - sinceMillis) < REMEMBERED_MILLIS;

/** Runs `ask` on every outbox of a dataset that may have events. */
export async function ofEach<T>(
  env: Env,
  datasetId: string,
  ask: (outbox: ReturnType<typeof outboxOf>, number: number) => Promise<T>,
): Promise<T[]> {
  const { most, outboxes } = await layoutOf(env, datasetId);
  const numbers = Array.from({ length: Math.max(most, outboxes, 1) }, (_, number) => number);
  return Promise.all(numbers.map((number) => ask(outboxOf(env, datasetId, number), number)));
}

/** The datasets of the configuration, and those that were in it before. */
export async function datasetsOf(env: Env): Promise<string[]> {
  const configured = withRelay(configuration(env), (relay) => relay.datasets);
  try {
    const all = await env.OUTBOX.get(env.OUTBOX.idFromName(REGISTRY)).datasets();
    return [...configured, ...all.filter((id) => !configured.includes(id))];
  } catch (error) {
    log("error", "datasets of before not known", { error: String(error) });
    return configured;
  }
}

/** Notes that a dataset has an outbox. */
export async function register(namespace: Env["OUTBOX"], datasetId: string): Promise<void> {
  await namespace.get(namespace.idFromName(REGISTRY)).register(datasetId);
}

/** The number of an event in quarantine, as an operator sees it: unique among a dataset's outboxes. */
export const publicId = (outbox: number, id: number) => outbox * IDS_PER_OUTBOX + id;

/** The numbers that are of one outbox, as that one has them. */
export function idsOf(outbox: number, ids: number[]): number[] {
  const own = ids.filter((id) => Math.floor(id / IDS_PER_OUTBOX) === outbox);
  return own.map((id) => id % IDS_PER_OUTBOX);
}
