// The edge worker: a fetch handler, and the outbox that keeps what it accepts.

import script from "#dist/capi-bridge.js";
import type { Accepted } from "#wasm/edge";
import { Trap, withRelay } from "./engine.ts";
import { configuration, type Env } from "./env.ts";
import { Gathering } from "./gathering.ts";
import { readAtMost } from "./body.ts";
import { json, type Answer } from "./answer.ts";

export { Outbox } from "./outbox.ts";
export type { Env } from "./env.ts";

/** The largest time a browser keeps the script without asking again: an hour, in seconds. */
const SCRIPT_MAX_AGE_SECONDS = 3600;

/** What the host offers to outlive an answer. */
export type Context = Pick<ExecutionContext, "waitUntil">;

/** Answers one request. */
export async function handle(request: Request, env: Env, context: Context): Promise<Response> {
  try {
    return await route(request, env, context);
  } catch (error) {
    if (error instanceof Trap) {
      console.error(JSON.stringify({ what: "trap", cause: String(error.cause) }));
      return json(503, { error: "the bridge failed on this request; nothing of it was stored" });
    }
    console.error(JSON.stringify({ what: "request failed", error: String(error) }));
    return json(500, { error: String(error instanceof Error ? error.message : error) });
  }
}

export default { fetch: handle } satisfies ExportedHandler<Env>;

async function route(request: Request, env: Env, context: Context): Promise<Response> {
  const config = configuration(env);
  const base = withRelay(config, (relay) => relay.base);
  const { pathname } = new URL(request.url);
  switch (pathname) {
    case `${base}/events`:
      return events(request, env, context, config);
    case `${base}/capi-bridge.js`:
      return serveScript(request);
    case `${base}/health`:
      return json(200, { status: "ok", durable: true });
  }
  if (env.ORIGIN !== undefined) return env.ORIGIN.fetch(request);
  return json(404, {
    error: `nothing answers at ${pathname}`,
    routes: [`POST ${base}/events`, `GET ${base}/capi-bridge.js`, `GET ${base}/health`],
  });
}

async function events(request: Request, env: Env, context: Context, config: string): Promise<Response> {
  if (request.method === "OPTIONS") {
    return answer(withRelay(config, (relay) => relay.preflight(request)));
  }
  if (request.method !== "POST") {
    return json(405, { error: "expected POST" }, { allow: "POST, OPTIONS" });
  }
  const body = await readAtMost(
    request,
    withRelay(config, (relay) => relay.maxBodyBytes),
  );
  const intake = withRelay(config, (relay) => relay.fromPage(request, peer(request), body, Date.now()));
  if (intake.dataset_id !== null) await store(intake.dataset_id, intake.events, env, context);
  return answer(intake.answer);
}

/** Events on their way to an outbox, by dataset. */
const gatherings = new Map<string, Gathering<Accepted>>();
/** Events of one call to an outbox: a moment's work, and far below what a call may carry. */
const EVENTS_PER_CALL = 1000;

/** Resolves when the events are on disk. */
async function store(dataset: string, events: Accepted[], env: Env, context: Context): Promise<void> {
  const gathering = gatherings.get(dataset) ?? new Gathering<Accepted>(EVENTS_PER_CALL);
  gatherings.set(dataset, gathering);
  await gathering.add(
    events,
    (all) => env.OUTBOX.get(env.OUTBOX.idFromName(dataset)).accept(dataset, all),
    (promise) => context.waitUntil(promise),
  );
}

function answer({ status, headers, body }: Answer): Response {
  return body === null ? new Response(null, { status, headers }) : json(status, body, headers);
}

/** The address at the other end of the connection: workerd says it in `cf`. */
function peer(request: Request): string | undefined {
  const address = request.cf?.["clientIp"];
  return typeof address === "string" ? address : undefined;
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
