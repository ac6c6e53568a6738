// The edge worker's fetch handler.

import { answer, type HeaderPairs, json } from "./answer.ts";
import { Trap, withRelay } from "./engine.ts";
import { configuration, type Env, isDurable } from "./env.ts";
import { type ConsentCallback, serveDocument } from "./documents.ts";
import { hostProblem } from "./host.ts";
import { graphDataset, graphFailure, isGraphPath, takeGraphEvents } from "./graph.ts";
import { type Context, eventsFailure, peer, takeEvents } from "./intake.ts";
import { log } from "./log.ts";
import { replay, status } from "./operating.ts";
import { scriptAt, serveScript } from "./scripts.ts";
import { isSegmentPath, segment, segmentFailure } from "./segment.ts";
import { Undelivered } from "./undelivered.ts";

export type { ConsentCallback } from "./documents.ts";
export type { Env } from "./env.ts";
export type { Context } from "./intake.ts";

/** Where an operator looks for the bridge, whatever the configuration says. */
const USUAL_BASE = "/bridge";

/** What a worker of one's own may add. */
export interface Additions {
  /** Says whether a visitor agreed to identifiers, where no cookie of the site tells. */
  consent?: ConsentCallback;
}

/** Answers one request. */
export async function handle(
  request: Request,
  env: Env,
  context: Context,
  additions: Additions = {},
): Promise<Response> {
  try {
    const problem = hostProblem(request);
    if (problem !== undefined) return json(400, { error: problem });
    return await route(request, env, context, additions);
  } catch (error) {
    if (error instanceof Trap) {
      log("error", "trap", { cause: String(error.cause) });
      const message = "the bridge failed on this request; nothing of it was stored";
      return failure(request, 503, "bridge_failed", message, RETRY);
    }
    if (error instanceof Undelivered) return failure(request, 503, error.code, error.message, RETRY);
    log("error", "request failed", { error: String(error) });
    return failure(request, 500, "bridge_failed", String(error instanceof Error ? error.message : error));
  }
}

/** When a sender is to try again, in seconds. */
const RETRY: HeaderPairs = [["retry-after", "60"]];

/** An error of the worker itself, in the shape that whoever asks can read. */
function failure(
  request: Request,
  status: number,
  code: string,
  message: string,
  headers: HeaderPairs = [],
): Response {
  const { pathname } = new URL(request.url);
  if (isGraphPath(pathname)) return graphFailure(status, message, headers);
  if (isSegmentPath(pathname)) return segmentFailure(status, code, message, headers);
  if (pathname.endsWith("/events")) return eventsFailure(status, code, message, headers);
  return json(status, { error: message }, headers);
}

export default {
  fetch: (request, env, context) => handle(request, env, context),
} satisfies ExportedHandler<Env>;

async function route(
  request: Request,
  env: Env,
  context: Context,
  { consent }: Additions,
): Promise<Response> {
  const config = configuration(env);
  const { pathname } = new URL(request.url);
  let base: string;
  try {
    base = withRelay(config, (relay) => relay.base);
  } catch (error) {
    // A wrong configuration does not take the site along, and hands no key of ours to it.
    const ours = pathname.startsWith(`${USUAL_BASE}/`) || graphDataset(pathname) !== undefined;
    if (env.ORIGIN === undefined || ours) throw error;
    log("error", "wrong configuration", { error: String(error) });
    return env.ORIGIN.fetch(request);
  }
  const script = scriptAt(pathname, base, () => withRelay(config, (relay) => relay.pageMappings));
  if (script !== undefined) return serveScript(request, script);
  switch (pathname) {
    case `${base}/events`:
      return events(request, env, context, config);
    case `${base}/status`:
      return isDurable(env) ? status(request, env) : withoutOutbox();
    case `${base}/replay`:
      return isDurable(env) ? replay(request, env) : withoutOutbox();
    case `${base}/health`:
      return json(200, { status: "ok", durable: isDurable(env) });
  }
  const dataset = graphDataset(pathname);
  if (dataset !== undefined) return takeGraphEvents(request, dataset, env, context);
  const ofSegment = await segment(request, env, context, base);
  if (ofSegment !== undefined) return ofSegment;
  const document = await serveDocument(request, env, config, peer(request).address, consent);
  return document ?? notFound(pathname, base);
}

function withoutOutbox(): Response {
  return json(501, { error: "nothing is kept on this runtime, so there is nothing to tell: see its log" });
}

function notFound(pathname: string, base: string): Response {
  if (isGraphPath(pathname)) {
    return graphFailure(404, `nothing answers at ${pathname}: expected POST /<version>/<dataset id>/events`);
  }
  return json(404, {
    error: `nothing answers at ${pathname}`,
    routes: [
      `POST ${base}/events`,
      `GET ${base}/capi-bridge.js`,
      `GET ${base}/health`,
      `GET ${base}/status`,
      `POST ${base}/replay`,
      "POST /<version>/<dataset id>/events",
      `POST /v1/{track,page,identify,screen,group,alias,batch}, where a write key of Segment's is set`,
      `POST ${base}/segment/webhook`,
    ],
  });
}

async function events(request: Request, env: Env, context: Context, config: string): Promise<Response> {
  switch (request.method) {
    case "OPTIONS":
      return answer(withRelay(config, (relay) => relay.preflight(request)));
    case "POST":
      return takeEvents(request, env, context);
    default:
      return json(405, { error: "expected POST" }, [["allow", "POST, OPTIONS"]]);
  }
}
