// Answers operators: health, status, and the replay of the quarantine. The last two need a key.

import { answer, json } from "./answer.ts";
import { UnreadBody, readAtMost } from "./body.ts";
import { senderSecrets } from "./door.ts";
import { withRelay } from "./engine.ts";
import { configuration, type Env, isDurable } from "./env.ts";
import { type Context, peer } from "./intake.ts";
import { log } from "./log.ts";
import { datasetsOf, ofEach } from "./outboxes.ts";
import { idsOf, publicId } from "./places.ts";
import { reportRefusals } from "./refusals.ts";

/** The number of quarantined events that the status shows of each outbox: the default, then the limit. */
const QUARANTINE_SHOWN = 20;
const MOST_QUARANTINE_SHOWN = 1000;
const MAX_BODY_BYTES = 64 * 1024;
/** The time for which the health of the outboxes is cached, in milliseconds. */
const HEALTH_EVERY_MILLIS = 5_000;

let known: { config: string; at: number; alarms: string[] } | undefined;

/** Answers `GET {base}/health`, cheaply and without a key. `alarms` lists the problems, if there are any. */
export async function health(env: Env): Promise<Response> {
  const config = configuration(env);
  const ofSecrets = withRelay(config, (relay) => relay.secretAlarm(senderSecrets(env)));
  const alarms = ofSecrets === undefined ? [] : [ofSecrets];
  const durable = isDurable(env);
  if (durable) alarms.push(...(await alarmsOfOutboxes(env, config)));
  return json(200, alarms.length === 0 ? { status: "ok", durable } : { status: "alarm", durable, alarms });
}

/** Returns the problems of all outboxes, as sentences. Asks each outbox once in a while. */
async function alarmsOfOutboxes(env: Env, config: string): Promise<string[]> {
  const now = Date.now();
  const age = known?.config === config ? now - known.at : Number.NaN;
  if (known === undefined || !(age >= 0 && age < HEALTH_EVERY_MILLIS)) {
    const ids = withRelay(config, (relay) => relay.datasets);
    const asked = await Promise.all(ids.map((id) => alarmsOf(env, id)));
    known = { config, at: now, alarms: [...new Set(asked.flat())] };
  }
  return known.alarms;
}

/** Returns the problems of a dataset's outboxes, as sentences. */
async function alarmsOf(env: Env, datasetId: string): Promise<string[]> {
  try {
    const found = await ofEach(env, datasetId, (outbox) => outbox.health(datasetId));
    const reasons = found.filter(({ ok }) => !ok).map(({ reason }) => reason ?? "not well");
    return reasons.map((reason) => `dataset ${datasetId}: ${reason}`);
  } catch (error) {
    log("error", "health not known", { dataset: datasetId, error: String(error) });
    return [`dataset ${datasetId}: its outbox does not answer`];
  }
}

/** Answers `GET {base}/status`: JSON, or Prometheus' text format for `?format=prometheus` or by `Accept`. */
export async function status(request: Request, env: Env, context: Context): Promise<Response> {
  const refused = refusal(request, env, context, "GET");
  if (refused !== undefined) return refused;
  const config = configuration(env);
  const shown = Number(new URL(request.url).searchParams.get("quarantine") ?? QUARANTINE_SHOWN);
  if (!Number.isInteger(shown) || shown < 0 || shown > MOST_QUARANTINE_SHOWN) {
    return json(400, { error: `quarantine: expected a number from 0 to ${MOST_QUARANTINE_SHOWN}` });
  }
  const asked = await Promise.all(
    (await datasetsOf(env)).map((id) =>
      ofEach(env, id, async (outbox, place) => {
        const status = await outbox.status(id, shown);
        for (const one of status.quarantine) one.id = publicId(place, one.id);
        return status;
      }),
    ),
  );
  // A dataset that left the configuration is shown while it still has events.
  const datasets = asked
    .filter((all) => all.some((one) => one.is_configured || one.depth + one.quarantined > 0))
    .flat();
  if (!asksForText(request))
    return json(
      200,
      withRelay(config, (relay) => relay.status(datasets)),
    );
  return new Response(
    withRelay(config, (relay) => relay.prometheus(datasets)),
    { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8", "cache-control": "no-store" } },
  );
}

/** Answers `POST {base}/replay`: all of the quarantine, or `{ "dataset_id": "…", "ids": [1, 2] }`. */
export async function replay(request: Request, env: Env, context: Context): Promise<Response> {
  const refused = refusal(request, env, context, "POST");
  if (refused !== undefined) return refused;
  let body: Uint8Array;
  try {
    const withinMillis = withRelay(configuration(env), (relay) => relay.bodyTimeoutMillis);
    body = await readAtMost(request, MAX_BODY_BYTES, { withinMillis });
  } catch (error) {
    if (!(error instanceof UnreadBody)) throw error;
    return json(error.status, { error: error.message });
  }
  const asked = wanted(body);
  const known = withRelay(configuration(env), (relay) => relay.datasets);
  const id = asked?.dataset_id;
  if (asked === undefined || (id !== undefined && !known.includes(id))) {
    const expected =
      "expected nothing, or { dataset_id, ids } with a dataset of the configuration and numbers";
    return json(400, { error: expected });
  }
  const datasets = await Promise.all(
    (id === undefined ? known : [id]).map(async (dataset_id) => {
      const counts = await ofEach(env, dataset_id, (outbox, place) =>
        outbox.replay(dataset_id, asked.ids && idsOf(place, asked.ids)),
      );
      const sum = (of: (one: (typeof counts)[number]) => number) =>
        counts.reduce((all, one) => all + of(one), 0);
      return { dataset_id, replayed: sum((one) => one.replayed), too_old: sum((one) => one.too_old) };
    }),
  );
  return json(200, { datasets });
}

function refusal(request: Request, env: Env, context: Context, method: string): Response | undefined {
  if (request.method !== method) return json(405, { error: `expected ${method}` }, [["allow", method]]);
  const refused = withRelay(configuration(env), (relay) =>
    relay.admitOperator(request, peer(request).address, senderSecrets(env), Date.now()),
  );
  if (refused === null) return undefined;
  reportRefusals(env, context);
  return answer(refused);
}

function asksForText(request: Request): boolean {
  const format = new URL(request.url).searchParams.get("format");
  if (format !== null) return format === "prometheus";
  return /text\/plain|openmetrics/.test(request.headers.get("accept") ?? "");
}

/** Parses the body of a replay; undefined if it cannot be read. */
function wanted(body: Uint8Array): { dataset_id?: string; ids?: number[] } | undefined {
  if (body.length === 0) return {};
  try {
    const { dataset_id, ids } = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
    const soundId = dataset_id === undefined || typeof dataset_id === "string";
    const soundIds =
      ids === undefined || (Array.isArray(ids) && ids.every((one): one is number => Number.isInteger(one)));
    if (!soundId || !soundIds) return undefined;
    return { ...(dataset_id !== undefined && { dataset_id }), ...(ids !== undefined && { ids }) };
  } catch {
    return undefined;
  }
}
