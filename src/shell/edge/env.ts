// What an operator binds to the worker.

import type { OutboxCalls } from "./outbox-calls.ts";

/** What is bound to the worker, as far as an outbox needs it. */
export interface OutboxEnv {
  /** The configuration: a JSON binding, or its text. */
  CAPI_BRIDGE: unknown;
  /** The token of every dataset that has none of its own. A secret. */
  META_ACCESS_TOKEN?: string;
  /** The token of one dataset: `META_ACCESS_TOKEN_1234567890`. A secret. */
  [token: `META_ACCESS_TOKEN_${string}`]: string | undefined;
  /** What servers and operators show: a key of at least 32 characters, or several. A secret. */
  BRIDGE_KEY?: string;
  /** The secret of the app that the tokens are of, where that app requires `appsecret_proof`. A secret. */
  META_APP_SECRET?: string;
  /** The app's secret for one dataset. */
  [appSecret: `META_APP_SECRET_${string}`]: string | undefined;
  /** The write keys of Segment's sources on servers, for the first dataset or the one in the name. A secret. */
  SEGMENT_WRITE_KEY?: string;
  [writeKey: `SEGMENT_WRITE_KEY_${string}`]: string | undefined;
  /** The shared secret of Segment's webhook, for the first dataset or the one in the name. A secret. */
  SEGMENT_WEBHOOK_SECRET?: string;
  [webhookSecret: `SEGMENT_WEBHOOK_SECRET_${string}`]: string | undefined;
  /** Workers Analytics Engine: a point for each write and each request to Meta. */
  ANALYTICS?: AnalyticsEngineDataset;
}

export interface Env extends OutboxEnv {
  /** The outbox: a Durable Object with SQLite, one per dataset. */
  OUTBOX: DurableObjectNamespace<OutboxCalls>;
  /** What answers all that is not the bridge's, where the worker stands before a site. */
  ORIGIN?: Fetcher;
}

/** Whether what was accepted is on disk: not on a runtime without Durable Objects. */
export function isDurable(env: Env): boolean {
  return !("isDurable" in env.OUTBOX) || env.OUTBOX.isDurable !== false;
}

let last: { bound: unknown; text: string } | undefined;

/** The configuration as the relay reads it. A host hands in the same object each time. */
export function configuration({ CAPI_BRIDGE: bound }: Pick<Env, "CAPI_BRIDGE">): string {
  if (last === undefined || last.bound !== bound) {
    last = { bound, text: typeof bound === "string" ? bound : JSON.stringify(bound ?? {}) };
  }
  return last.text;
}

/** What authorises the requests of a dataset. */
export function secrets(env: OutboxEnv, datasetId: string): { token?: string; appSecret?: string } {
  const token = env[`META_ACCESS_TOKEN_${datasetId}`] || env.META_ACCESS_TOKEN;
  const appSecret = env[`META_APP_SECRET_${datasetId}`] || env.META_APP_SECRET;
  return { ...(token && { token }), ...(appSecret && { appSecret }) };
}
