// The edge worker: a fetch handler, and the outbox that keeps what it accepts.

import { answer, json } from "./answer.ts";
import { Trap, withRelay } from "./engine.ts";
import { configuration, type Env } from "./env.ts";
import { type Context, takeEvents } from "./intake.ts";
import { log } from "./log.ts";
import { replay, status } from "./operating.ts";
import { scriptAt, serveScript } from "./scripts.ts";

export { Outbox } from "./outbox.ts";
export type { Env } from "./env.ts";
export type { Context } from "./intake.ts";

/** Answers one request. */
export async function handle(request: Request, env: Env, context: Context): Promise<Response> {
  try {
    return await route(request, env, context);
  } catch (error) {
    if (error instanceof Trap) {
      log("error", "trap", { cause: String(error.cause) });
      return json(503, { error: "the bridge failed on this request; nothing of it was stored" });
    }
    log("error", "request failed", { error: String(error) });
    return json(500, { error: String(error instanceof Error ? error.message : error) });
  }
}

export default { fetch: handle } satisfies ExportedHandler<Env>;

async function route(request: Request, env: Env, context: Context): Promise<Response> {
  const config = configuration(env);
  const base = withRelay(config, (relay) => relay.base);
  const { pathname } = new URL(request.url);
  const script = scriptAt(pathname, base);
  if (script !== undefined) return serveScript(request, script);
  switch (pathname) {
    case `${base}/events`:
      return events(request, env, context, config);
    case `${base}/status`:
      return status(request, env);
    case `${base}/replay`:
      return replay(request, env);
    case `${base}/health`:
      return json(200, { status: "ok", durable: true });
  }
  if (env.ORIGIN !== undefined) return env.ORIGIN.fetch(request);
  return json(404, {
    error: `nothing answers at ${pathname}`,
    routes: [
      `POST ${base}/events`,
      `GET ${base}/capi-bridge.js`,
      `GET ${base}/health`,
      `GET ${base}/status`,
      `POST ${base}/replay`,
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
      return json(405, { error: "expected POST" }, { allow: "POST, OPTIONS" });
  }
}
