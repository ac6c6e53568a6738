// Serves the documents of a site that the worker stands before: asks the origin and changes its answer.

import type { DocumentChanges, HeaderChange } from "#wasm/edge";
import { json } from "./answer.ts";
import { withRelay } from "./engine.ts";
import type { Env } from "./env.ts";
import { injectScript } from "./inject.ts";
import { log } from "./log.ts";
import { Trap } from "../wasm/guard.ts";

/**
 * Returns true if the visitor agreed to identifiers. Called for documents only, if the configuration says
 * `"cookies": "callback"`. If it throws, that counts as no consent.
 */
export type ConsentCallback = (request: Request, env: Env) => boolean | Promise<boolean>;

/** Answers a request that is not for the bridge itself; `undefined` when there is no origin. */
export async function serveDocument(
  request: Request,
  env: Env,
  config: string,
  peer: string | undefined,
  callback: ConsentCallback | undefined,
): Promise<Response | undefined> {
  const origin = env.ORIGIN;
  const names = [...request.headers.keys()];
  const forwarding = withRelay(config, (relay) =>
    relay.forwarding(request, names, peer, origin !== undefined),
  );
  if (forwarding.kind === "none") return undefined;
  if (forwarding.kind === "loop") {
    return json(508, {
      error: "documents.origin leads back to this worker; name the server that has the site's documents",
    });
  }
  warnOnce(forwarding.warning);
  // The browser follows redirects. Bodies and upgrades pass through as they are.
  const onward = new Request(forwarding.url, request);
  change(onward.headers, forwarding.headers);
  const asked = new Request(onward, { redirect: "manual" });
  let response: Response;
  try {
    response = await (origin === undefined ? fetch(asked) : origin.fetch(asked));
  } catch (error) {
    log("error", "origin unreachable", { error: String(error) });
    return new Response("The site's server did not answer.\n", {
      status: 502,
      headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
    });
  }
  if (response.status === 101) return response;
  if (!withRelay(config, (relay) => relay.knowsDocuments)) return response;
  const { url } = forwarding;
  return changed(response, await changes(request, url, response, env, config, callback), config);
}

const warned = new Set<string>();

/** Logs a warning about the configuration, once in the life of this worker. */
function warnOnce(warning: string | null): void {
  if (warning === null || warned.has(warning)) return;
  warned.add(warning);
  log("warn", "documents", { warning });
}

/** Returns the changes to the answer; none when the relay failed. */
async function changes(
  request: Request,
  url: string,
  response: Response,
  env: Env,
  config: string,
  callback: ConsentCallback | undefined,
): Promise<DocumentChanges | undefined> {
  try {
    const consent = await ask(callback, request, env, config);
    const cookies = response.headers.getSetCookie();
    return withRelay(config, (relay) =>
      relay.documentChanges(request, url, response, cookies, consent, Date.now()),
    );
  } catch (error) {
    const cause = error instanceof Trap ? error.cause : error;
    log("error", "document left as it is", { error: String(cause) });
    return undefined;
  }
}

async function ask(
  callback: ConsentCallback | undefined,
  request: Request,
  env: Env,
  config: string,
): Promise<boolean | undefined> {
  if (callback === undefined || !withRelay(config, (relay) => relay.asksCallback(request))) return undefined;
  try {
    return await callback(request, env);
  } catch (error) {
    log("error", "the consent callback failed", { error: String(error) });
    return false;
  }
}

function changed(response: Response, changes: DocumentChanges | undefined, config: string): Response {
  if (changes === undefined) return response;
  const { setCookies, headers, nonce } = changes;
  if (setCookies.length === 0 && headers.length === 0 && !changes.injectScript) return response;
  const answer = new Response(response.body, response);
  change(answer.headers, headers);
  for (const cookie of setCookies) answer.headers.append("set-cookie", cookie);
  if (!changes.injectScript) return answer;
  return injectScript(answer, nonce ?? undefined, (found) => {
    try {
      return withRelay(config, (relay) => relay.scriptTag(found));
    } catch (error) {
      // The document is already on its way, so only the tag is left out.
      log("error", "script tag left out", { error: String(error instanceof Trap ? error.cause : error) });
      return "";
    }
  });
}

function change(headers: Headers, changes: HeaderChange[]): void {
  for (const [name, value] of changes) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
}
