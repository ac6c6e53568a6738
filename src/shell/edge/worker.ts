// The edge worker's fetch handler.

import script from "#dist/capi-bridge.js";
import { answer, json } from "./answer.ts";
import { Trap, withRelay } from "./engine.ts";
import { configuration, type Env, isDurable } from "./env.ts";
import { type ConsentCallback, serveDocument } from "./documents.ts";
import { type Context, peer, takeEvents } from "./intake.ts";
import { log } from "./log.ts";
import { replay, status } from "./operating.ts";
import { Undelivered } from "./undelivered.ts";

export type { ConsentCallback } from "./documents.ts";
export type { Env } from "./env.ts";
export type { Context } from "./intake.ts";

/** The largest time a browser keeps the script without asking again: an hour, in seconds. */
const SCRIPT_MAX_AGE_SECONDS = 3600;

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
    return await route(request, env, context, additions);
  } catch (error) {
    if (error instanceof Trap) {
      log("error", "trap", { cause: String(error.cause) });
      return json(503, { error: "the bridge failed on this request; nothing of it was stored" });
    }
    if (error instanceof Undelivered) return json(503, { error: error.message }, { "retry-after": "60" });
    log("error", "request failed", { error: String(error) });
    return json(500, { error: String(error instanceof Error ? error.message : error) });
  }
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
    // A wrong configuration does not take the site along.
    if (env.ORIGIN === undefined || pathname.startsWith(`${USUAL_BASE}/`)) throw error;
    log("error", "wrong configuration", { error: String(error) });
    return env.ORIGIN.fetch(request);
  }
  switch (pathname) {
    case `${base}/events`:
      return events(request, env, context, config);
    case `${base}/capi-bridge.js`:
      return serveScript(request);
    case `${base}/status`:
      return isDurable(env) ? status(request, env) : withoutOutbox();
    case `${base}/replay`:
      return isDurable(env) ? replay(request, env) : withoutOutbox();
    case `${base}/health`:
      return json(200, { status: "ok", durable: isDurable(env) });
  }
  const document = await serveDocument(request, env, config, peer(request).address, consent);
  return document ?? notFound(pathname, base);
}

function withoutOutbox(): Response {
  return json(501, { error: "nothing is kept on this runtime, so there is nothing to tell: see its log" });
}

function notFound(pathname: string, base: string): Response {
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

let tag: Promise<string> | undefined;

async function serveScript(request: Request): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return json(405, { error: "expected GET" }, { allow: "GET, HEAD" });
  }
  const etag = await (tag ??= entityTag(script));
  const headers = {
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": `public, max-age=${SCRIPT_MAX_AGE_SECONDS}`,
    etag,
  };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  return new Response(request.method === "HEAD" ? null : script, { headers });
}

async function entityTag(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const hex = [...new Uint8Array(digest, 0, 8)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `"${hex.join("")}"`;
}
