// The edge worker in a workerd of its own.

import { edge as shipped } from "../../src/shell/testing/services.ts";
import { type Service, startWorkerd } from "../../src/shell/serve/workerd.ts";
import { ROOT, scratch } from "./sandbox.ts";

export const DATASET = "1234567890";
export const ORIGIN = "https://shop.example";
export const KEY = "test-key-0123456789abcdef0123456789abcdef";

/** The body of the worker's answer to posted events. */
export interface Answer {
  events_received: number;
  problems: { code: string; path: string; message: string; event_kept: boolean; error_subcode?: number }[];
}

/** The part of the status that tests read. */
export interface Status {
  status: string;
  alarms: string[];
  datasets: {
    dataset_id: string;
    sending: string;
    depth: number;
    paused_seconds: number;
    last_refusal: { refusal: { code: number; message: string; fbtraceId: string } } | null;
    per_minute: { accepted: number; delivered: number };
    totals: Record<string, number>;
    quarantined: number;
    quarantine: { id: number; event_name: string; event_id: string; refusal: { errorSubcode: number } }[];
  }[];
}

/** The options of one worker, besides its configuration. */
export interface Own {
  /** The folder of the outbox, to keep the outbox over restarts. */
  state?: string;
  port?: number;
  secrets?: Record<string, string>;
  /** The differences from the worker that is shipped. */
  service?: Partial<Service>;
}

/** A running edge worker. */
export type Edge = Awaited<ReturnType<typeof startEdge>>;

/** Starts an edge worker that sends to `graphUrl`, with these changes to its configuration. */
export async function startEdge(
  graphUrl: string,
  changes: object = {},
  { state = scratch("edge"), port = 0, secrets = {}, service = {} }: Own = {},
) {
  const configuration = {
    datasets: [DATASET, "42"],
    allowedOrigins: [ORIGIN],
    graphUrl,
    clientIp: { cloudflare: true },
    holdSeconds: 0,
    ...changes,
  };
  const lines: string[] = [];
  const worker = shipped(ROOT, configuration);
  const bound = Object.fromEntries(Object.keys(secrets).map((name) => [name, { fromEnvironment: name }]));
  const running = await startWorkerd({
    services: [{ ...worker, bindings: { ...worker.bindings, ...bound }, ...service }],
    ports: { edge: port },
    state,
    environment: { META_ACCESS_TOKEN: "test-token", BRIDGE_KEY: KEY, ...secrets },
    onLine: (line) => lines.push(line),
  });
  const url = running.urls["edge"] ?? "";
  const post = async (body: unknown, headers: Record<string, string>) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(`${url}/bridge/events`, { method: "POST", headers, body: text });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
  };
  return {
    url,
    state,
    /** The output of workerd and of the worker. */
    lines,
    stop: running.stop,
    /** Returns the status as the operator sees it. */
    async status() {
      const response = await fetch(`${url}/bridge/status`, { headers: { authorization: `Bearer ${KEY}` } });
      return (await response.json()) as Status;
    },
    /** Posts a body as a server would: with a key and without an origin. */
    postAsServer: (body: unknown, headers: Record<string, string> = {}) =>
      post(body, { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers }),
    /** Posts a body as a page would. */
    post: (body: unknown, headers: Record<string, string> = {}) =>
      post(body, { origin: ORIGIN, "content-type": "text/plain", "user-agent": "Test/1.0", ...headers }),
  };
}

let made = 0;

/** Returns an event as a server sends it, with an id of its own. */
export function serverEvent(changes: object = {}) {
  const event = pageEvent({ action_source: "website" });
  event.user_data = { ...event.user_data, client_user_agent: "Mozilla/5.0", client_ip_address: "8.8.4.4" };
  return { ...event, ...changes };
}

/** Returns an event as a page sends it, with an id of its own. */
export function pageEvent(changes: object = {}) {
  made += 1;
  return {
    event_name: "Purchase",
    event_time: Math.floor(Date.now() / 1000),
    event_id: `test-${process.pid}-${made}`,
    event_source_url: "https://shop.example/thanks?order=1001",
    user_data: { fbp: "fb.1.1596403881668.1116446470" } as Record<string, unknown>,
    custom_data: { value: 59.9, currency: "EUR", contents: [{ id: "SKU-1", quantity: 1 }] },
    ...changes,
  };
}
