// The same handler on runtimes without a durable outbox (Node, Deno): it delivers while the request lives.

import { json } from "../edge/answer.ts";
import { withRelay } from "../edge/engine.ts";
import { configuration, type Env } from "../edge/env.ts";
import { checkKeys } from "../edge/keys.ts";
import { handle } from "../edge/worker.ts";
import { DirectOutbox } from "./outbox.ts";

/** The settings of a bridge without a disk. */
export interface DirectSettings {
  /** The configuration, as a value or as JSON text. */
  configuration: object | string;
  /**
   * The secrets, by the names that they have in the worker: `META_ACCESS_TOKEN`,
   * `META_ACCESS_TOKEN_<dataset id>`, `BRIDGE_KEY`. Default: the environment of the process.
   */
  environment?: Record<string, string | undefined>;
}

/** The facts that the host knows about the sender of a request. */
export interface Client {
  /** The address at the other end of the connection. */
  address?: string | undefined;
}

/** Answers a request to one of the bridge's paths. Any other path gets a 404. */
export type DirectHandler = (request: Request, client?: Client) => Promise<Response>;

/**
 * Returns the handler of a bridge without a disk. A 202 means that Meta answered for every event; events that
 * Meta rejects are logged and dropped. If the events cannot be delivered while the request lives, the answer
 * is 503, and the sender must send them again with the same ids.
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
 * Compared with the worker, it stores no events on disk, does not hold events for the browser's copy,
 * forwards duplicates of different requests, and does not serve a site's documents.
 *
 * @throws {Error} when the configuration or a secret is wrong, with the path or the name and what was expected
 */
export function directBridge({
  configuration: given,
  environment = process.env,
}: DirectSettings): DirectHandler {
  const bound = atOnce(given);
  const text = configuration({ CAPI_BRIDGE: bound });
  const { base, datasets, documents } = withRelay(text, (relay) => relay.hosting());
  if (documents) {
    throw new Error(
      "configuration, documents: only Cloudflare and workerd stand before a site's documents; remove it here",
    );
  }
  checkKeys(text, environment);
  const outbox = new DirectOutbox(text, environment);
  // The handler calls only those methods of the namespace that this outbox has.
  const env = { ...environment, CAPI_BRIDGE: bound, OUTBOX: outbox.namespace } as unknown as Env;
  return async (request, client) => {
    // The worker's own health asks Durable Objects, which do not exist here.
    if (URL.canParse(request.url) && new URL(request.url).pathname === `${base}/health`) {
      const alarms = outbox.alarms(datasets);
      if (alarms.length > 0) return json(200, { status: "alarm", durable: false, alarms });
    }
    // The worker reads the sender's address from `cf`. Without one it would believe a header that anyone can
    // send.
    Object.defineProperty(request, "cf", { value: { clientIp: client?.address ?? "" } });
    // A request is answered after its own delivery, so nothing outlives it.
    return handle(request, env, { waitUntil: () => undefined });
  };
}

/** Returns the configuration with no hold: events in memory must not wait. Keeps text that is not JSON. */
function atOnce(given: object | string): object | string {
  try {
    const read: unknown = typeof given === "string" ? JSON.parse(given) : given;
    return typeof read === "object" && read !== null ? { ...read, holdSeconds: 0 } : given;
  } catch {
    return given;
  }
}
