// The same handler on runtimes without a durable outbox (Node, Deno): it delivers while the request lives.

import { withRelay } from "../edge/engine.ts";
import { configuration, type Env } from "../edge/env.ts";
import { handle } from "../edge/worker.ts";
import { DirectOutbox } from "./outbox.ts";

/** What a bridge is made of. */
export interface DirectSettings {
  /** The configuration, as a value or as JSON text. */
  configuration: object | string;
  /**
   * Where the secrets are, by the names that the worker gives them: `META_ACCESS_TOKEN`,
   * `META_ACCESS_TOKEN_<dataset id>`, `BRIDGE_KEY`. Default: the environment of the process.
   */
  environment?: Record<string, string | undefined>;
}

/** Who sent a request, as far as the host knows. */
export interface Client {
  /** The address at the other end of the connection. */
  address?: string | undefined;
}

/** Answers the requests below the bridge's path; every other one with 404. */
export type DirectHandler = (request: Request, client?: Client) => Promise<Response>;

/**
 * A bridge without a disk. A 202 means that Meta has the events: what cannot be delivered while the
 * request lives is answered with 503 and is the sender's to send again, with the same ids.
 *
 * ```ts
 * import { directBridge } from "capi-bridge/direct";
 *
 * const bridge = directBridge({
 *   configuration: { datasets: ["1234567890"], allowedOrigins: ["https://shop.example"] },
 * });
 * Deno.serve((request, { remoteAddr }) => bridge(request, { address: remoteAddr.hostname }));
 * ```
 *
 * What it lacks beside the worker: events wait neither on disk nor for the browser's copy, the same
 * event posted twice goes out twice, and it stands before no site's documents.
 *
 * @throws {Error} when the configuration is wrong, with the path and what was expected
 */
export function directBridge({
  configuration: given,
  environment = process.env,
}: DirectSettings): DirectHandler {
  const bound = atOnce(given);
  const text = configuration({ CAPI_BRIDGE: bound });
  if (withRelay(text, (relay) => relay.hosting()).documents) {
    throw new Error(
      "configuration, documents: only Cloudflare and workerd stand before a site's documents; remove it here",
    );
  }
  const outbox = new DirectOutbox(text, environment);
  // Of the namespace, the handler uses what this outbox has.
  const env = { ...environment, CAPI_BRIDGE: bound, OUTBOX: outbox.namespace } as unknown as Env;
  return (request, client) => {
    // The worker asks Cloudflare's own object who is at the other end. Without an answer it would
    // believe a header that anyone can send.
    Object.defineProperty(request, "cf", { value: { clientIp: client?.address ?? "" } });
    // A request is answered after its own delivery: nothing outlives it.
    return handle(request, env, { waitUntil: () => undefined });
  };
}

/** The configuration without a hold: what is not on disk is not kept waiting. What is no JSON stays, to be refused. */
function atOnce(given: object | string): object | string {
  try {
    const read: unknown = typeof given === "string" ? JSON.parse(given) : given;
    return typeof read === "object" && read !== null ? { ...read, holdSeconds: 0 } : given;
  } catch {
    return given;
  }
}
