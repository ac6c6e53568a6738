// Finds the outboxes of a dataset: those of the configuration, and earlier ones while they have events.

import type { Layout } from "#wasm/edge";
import { withRelay } from "./engine.ts";
import { configuration, type Env } from "./env.ts";
import { log } from "./log.ts";
import { fromRegistry, nameOf, placesIn, type Region, registeredName } from "./places.ts";

/** The time for which copies are recognised, and the old outbox is asked for them, in milliseconds. */
const REMEMBERED_MILLIS = 48 * 60 * 60 * 1000;
/**
 * The name of the object that knows all datasets that ever had an event, and their regions. No dataset has
 * such a name. The object is in no region, and has no customer information.
 */
const REGISTRY = "datasets";

/** Returns an outbox of a dataset. Default: the first one in the region of the configuration. */
export function outboxOf(env: Env, datasetId: string, number = 0, region = regionOf(env)) {
  const objects = region === undefined ? env.OUTBOX : env.OUTBOX.jurisdiction(region);
  return objects.get(objects.idFromName(nameOf(datasetId, number)));
}

const regionOf = (env: Env): Region => withRelay(configuration(env), (relay) => relay.jurisdiction);

const known = new Map<string, { config: string; layout: Layout }>();

/** Returns the number of a dataset's outboxes, now and before. Asks the first outbox; caches its answer. */
export async function layoutOf(env: Env, datasetId: string): Promise<Layout> {
  const config = configuration(env);
  const found = known.get(datasetId);
  if (found?.config === config) return found.layout;
  const layout = await outboxOf(env, datasetId).layout(datasetId);
  known.set(datasetId, { config, layout });
  return layout;
}

/** Returns true if an event may have a copy in the outbox that it had before a change. */
export const isMoving = ({ outboxes, before, sinceMillis }: Layout) =>
  outboxes !== before && Math.abs(Date.now() - sinceMillis) < REMEMBERED_MILLIS;

/** Runs `ask` on every outbox of a dataset that may have events, with its place among them. */
export async function ofEach<T>(
  env: Env,
  datasetId: string,
  ask: (outbox: ReturnType<typeof outboxOf>, place: number) => Promise<T>,
): Promise<T[]> {
  const now = regionOf(env);
  const [{ most, outboxes }, all] = await Promise.all([layoutOf(env, datasetId), registered(env)]);
  const before = all.filter(({ id, region }) => id === datasetId && region !== now);
  const placesBefore = before.map(async ({ region }) => {
    const { most } = await outboxOf(env, datasetId, 0, region).layout(datasetId);
    return placesIn(region, Math.max(most, 1));
  });
  const places = [placesIn(now, Math.max(most, outboxes, 1)), ...(await Promise.all(placesBefore))];
  return Promise.all(
    places.flat().map(({ region, number, place }) => ask(outboxOf(env, datasetId, number, region), place)),
  );
}

/** Returns the datasets of the configuration, and those that were in it before. */
export async function datasetsOf(env: Env): Promise<string[]> {
  const configured = withRelay(configuration(env), (relay) => relay.datasets);
  return [...new Set([...configured, ...(await registered(env)).map(({ id }) => id)])];
}

/** Returns the datasets that ever had an event, each with its region. */
async function registered(env: Env): Promise<ReturnType<typeof fromRegistry>[]> {
  try {
    const names = await env.OUTBOX.get(env.OUTBOX.idFromName(REGISTRY)).datasets();
    return names.map(fromRegistry);
  } catch (error) {
    log("error", "datasets of before not known", { error: String(error) });
    return [];
  }
}

/** Returns the name in the registry of a dataset in the region of the configuration. */
export const nameInRegistry = (env: Env, datasetId: string) => registeredName(datasetId, regionOf(env));

/** Adds the name of a dataset to the registry. */
export async function register(env: Env, name: string): Promise<void> {
  await env.OUTBOX.get(env.OUTBOX.idFromName(REGISTRY)).register(name);
}
