// The bindings that an operator gives the worker.

import type { OutboxCalls } from "./outbox-calls.ts";

/** The bindings that an outbox needs. */
export interface OutboxEnv {
  /** The configuration: a JSON binding, or its text. */
  CAPI_BRIDGE: unknown;
  /** The token of every dataset that has none of its own. A secret. */
  META_ACCESS_TOKEN?: string;
  /** The token of one dataset: `META_ACCESS_TOKEN_1234567890`. A secret. */
  [token: `META_ACCESS_TOKEN_${string}`]: string | undefined;
  /** The key of servers and operators, at least 32 characters, or several apart by spaces. A secret. */
  BRIDGE_KEY?: string;
  /** The secret of the tokens' app, if that app requires `appsecret_proof`. A secret. */
  META_APP_SECRET?: string;
  /** The app's secret for one dataset. */
  [appSecret: `META_APP_SECRET_${string}`]: string | undefined;
  /** The write keys of Segment's sources on servers, for the first dataset or the one in the name. A secret. */
  SEGMENT_WRITE_KEY?: string;
  [writeKey: `SEGMENT_WRITE_KEY_${string}`]: string | undefined;
  /** The shared secret of Segment's webhook, for the first dataset or the one in the name. A secret. */
  SEGMENT_WEBHOOK_SECRET?: string;
  [webhookSecret: `SEGMENT_WEBHOOK_SECRET_${string}`]: string | undefined;
  /** The secret of WooCommerce's webhooks, for the first dataset or the one in the name. A secret. */
  WOOCOMMERCE_WEBHOOK_SECRET?: string;
  [wooCommerce: `WOOCOMMERCE_WEBHOOK_SECRET_${string}`]: string | undefined;
  /** The secret of Shopify's webhooks. A secret. */
  SHOPIFY_WEBHOOK_SECRET?: string;
  [shopify: `SHOPIFY_WEBHOOK_SECRET_${string}`]: string | undefined;
  /** The signing secret of Stripe's endpoint. A secret. */
  STRIPE_WEBHOOK_SECRET?: string;
  [stripe: `STRIPE_WEBHOOK_SECRET_${string}`]: string | undefined;
  /** The secret of a webhook in the setting `webhooks`, by its name in capitals. A secret. */
  [webhook: `WEBHOOK_SECRET_${string}`]: string | undefined;
  /** The secret that encrypts the order memory. Without it the outbox uses its own, which is on its disk. A secret. */
  ORDER_SECRET?: string;
  /** Workers Analytics Engine: a point for each write and each request to Meta. */
  ANALYTICS?: AnalyticsEngineDataset;
}

export interface Env extends OutboxEnv {
  /** The outboxes: Durable Objects with SQLite, one or several per dataset. */
  OUTBOX: DurableObjectNamespace<OutboxCalls>;
  /** The site's server, if the worker stands before a site. It answers all other paths. */
  ORIGIN?: Fetcher;
}

/** Returns true if accepted events are on disk: false on a runtime without Durable Objects. */
export function isDurable(env: Env): boolean {
  return !("isDurable" in env.OUTBOX) || env.OUTBOX.isDurable !== false;
}

let last: { bound: unknown; text: string } | undefined;

/** Returns the configuration as text, cached: a host passes the same object each time. */
export function configuration({ CAPI_BRIDGE: bound }: Pick<Env, "CAPI_BRIDGE">): string {
  if (last === undefined || last.bound !== bound) {
    last = { bound, text: typeof bound === "string" ? bound : JSON.stringify(bound ?? {}) };
  }
  return last.text;
}

/** Returns the secrets that authorise a dataset's requests to Meta. */
export function secrets(env: OutboxEnv, datasetId: string): { token?: string; appSecret?: string } {
  const token = firstSet(env[`META_ACCESS_TOKEN_${datasetId}`], env.META_ACCESS_TOKEN);
  const appSecret = firstSet(env[`META_APP_SECRET_${datasetId}`], env.META_APP_SECRET);
  return { ...(token !== undefined && { token }), ...(appSecret !== undefined && { appSecret }) };
}

/** Returns the secret of the order memory, if it is set. */
export function orderSecret(env: OutboxEnv): string | undefined {
  return firstSet(env.ORDER_SECRET);
}

/** Returns the first secret that is set. An empty one counts as unset. */
function firstSet(...secrets: (string | undefined)[]): string | undefined {
  return secrets.find((secret) => secret !== undefined && secret !== "");
}

/** Returns a sentence about the token that a dataset does not have, or undefined if it has one. */
export function missingToken(env: OutboxEnv, datasetId: string): string | undefined {
  if (secrets(env, datasetId).token !== undefined) return undefined;
  return `no token: set the secret META_ACCESS_TOKEN or META_ACCESS_TOKEN_${datasetId}`;
}
