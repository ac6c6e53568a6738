// What an operator asks: how it goes, and that the quarantine be sent again. Both need a key.

import { answer, json } from "./answer.ts";
import { UnreadBody, readAtMost } from "./body.ts";
import { withRelay } from "./engine.ts";
import { configuration, type Env } from "./env.ts";
import { peer } from "./intake.ts";

/** How many events of the quarantine the status shows, of each dataset: unasked, and at the most. */
const QUARANTINE_SHOWN = 20;
const MOST_QUARANTINE_SHOWN = 1000;
const MAX_BODY_BYTES = 64 * 1024;

/** `GET {base}/status`: JSON, or Prometheus' text format for whoever asks for text or `?format=prometheus`. */
export async function status(request: Request, env: Env): Promise<Response> {
  const refused = refusal(request, env, "GET");
  if (refused !== undefined) return refused;
  const config = configuration(env);
  const shown = Number(new URL(request.url).searchParams.get("quarantine") ?? QUARANTINE_SHOWN);
  if (!Number.isInteger(shown) || shown < 0 || shown > MOST_QUARANTINE_SHOWN) {
    return json(400, { error: `quarantine: expected a number from 0 to ${MOST_QUARANTINE_SHOWN}` });
  }
  const datasets = await Promise.all(
    withRelay(config, (relay) => relay.datasets).map((id) => outbox(env, id).status(id, shown)),
  );
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

/** `POST {base}/replay`: all of the quarantine, or `{ "dataset_id": "…", "ids": [1, 2] }`. */
export async function replay(request: Request, env: Env): Promise<Response> {
  const refused = refusal(request, env, "POST");
  if (refused !== undefined) return refused;
  let body: Uint8Array;
  try {
    const within = withRelay(configuration(env), (relay) => relay.bodyTimeoutMillis);
    body = await readAtMost(request, MAX_BODY_BYTES, within);
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
    (id === undefined ? known : [id]).map(async (dataset_id) => ({
      dataset_id,
      ...(await outbox(env, dataset_id).replay(dataset_id, asked.ids)),
    })),
  );
  return json(200, { datasets });
}

function refusal(request: Request, env: Env, method: string): Response | undefined {
  if (request.method !== method) return json(405, { error: `expected ${method}` }, [["allow", method]]);
  const refused = withRelay(configuration(env), (relay) =>
    relay.admitOperator(request, peer(request), env.BRIDGE_KEY ?? "", Date.now()),
  );
  return refused === null ? undefined : answer(refused);
}

function outbox(env: Env, datasetId: string) {
  return env.OUTBOX.get(env.OUTBOX.idFromName(datasetId));
}

function asksForText(request: Request): boolean {
  const format = new URL(request.url).searchParams.get("format");
  if (format !== null) return format === "prometheus";
  return /text\/plain|openmetrics/.test(request.headers.get("accept") ?? "");
}

/** What a replay is to cover; undefined when it cannot be read. */
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
