// The edge worker's fetch handler.

import { json } from "./answer.ts";
import { type ConsentCallback, serveDocument } from "./documents.ts";
import { enter, failure, invalidHost, notFound } from "./door.ts";
import { withRelay } from "./engine.ts";
import { configuration, type Env, isDurable } from "./env.ts";
import { hostProblem } from "./host.ts";
import { type Context, peer } from "./intake.ts";
import { log, withoutQueries } from "./log.ts";
import { health, replay, status } from "./operating.ts";
import { scriptAt, serveScript } from "./scripts.ts";
import { Undelivered } from "./undelivered.ts";
import { Trap } from "../wasm/guard.ts";

export type { ConsentCallback } from "./documents.ts";
export type { Env } from "./env.ts";
export type { Context } from "./intake.ts";

/** The default base path. Paths below it count as the bridge's while the configuration is wrong. */
const USUAL_BASE = "/bridge";

/** The functions that a custom worker may add. */
export interface Additions {
  /** The consent callback, for sites that store consent in no cookie. */
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
    if (problem !== undefined) return invalidHost(problem, env, context);
    return await route(request, env, context, additions);
  } catch (error) {
    const answered = (status: number, code: string, message: string, retryAfterSeconds?: number) =>
      failure(request, env, context, {
        status,
        code,
        message,
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      });
    if (error instanceof Trap) {
      log("error", "trap", { cause: String(error.cause) });
      const message = "the bridge failed on this request; nothing of it was stored";
      return answered(503, "bridge_failed", message, RETRY_AFTER_SECONDS);
    }
    if (error instanceof Undelivered) {
      return answered(503, error.code, error.message, error.retryAfterSeconds);
    }
    log("error", "request failed", { error: String(error) });
    const message = String(error instanceof Error ? error.message : error);
    return answered(500, "bridge_failed", withoutQueries(message));
  }
}

/** The seconds after which a sender should retry a request on which the module trapped. */
const RETRY_AFTER_SECONDS = 60;

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
  let entered: Promise<Response | undefined>;
  let base: string;
  try {
    base = withRelay(config, (relay) => relay.base);
    entered = enter(request, env, context);
  } catch (error) {
    // With a wrong configuration the site stays up. Requests to the bridge's usual paths may have its keys,
    // so they are not forwarded.
    if (env.ORIGIN === undefined || isUsual(new URL(request.url).pathname)) throw error;
    log("error", "wrong configuration", { error: String(error) });
    return env.ORIGIN.fetch(request);
  }
  const answered = await entered;
  if (answered !== undefined) return answered;
  const { pathname } = new URL(request.url);
  const script = scriptAt(pathname, base, () => withRelay(config, (relay) => relay.pageMappings));
  if (script !== undefined) return serveScript(request, script);
  switch (pathname) {
    case `${base}/status`:
      return isDurable(env) ? status(request, env, context) : withoutOutbox();
    case `${base}/replay`:
      return isDurable(env) ? replay(request, env, context) : withoutOutbox();
    case `${base}/health`:
      return health(env);
  }
  // A mistyped path may come with the bridge's key, so it does not go to the site's server.
  if (pathname.startsWith(`${base}/`)) return notFound(request, env, context);
  const document = await serveDocument(request, env, config, peer(request).address, consent);
  return document ?? notFound(request, env, context);
}

/** Returns true if a path is usually the bridge's. Used while the configuration is wrong. */
function isUsual(pathname: string): boolean {
  return pathname.startsWith(`${USUAL_BASE}/`) || /^\/v\d+\.\d+\/\d+\/events\/?$/.test(pathname);
}

function withoutOutbox(): Response {
  return json(501, { error: "nothing is on disk on this runtime, so there is nothing to tell: see its log" });
}
