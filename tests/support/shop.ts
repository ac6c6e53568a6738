// The demo as a visitor sees it: shop, edge worker and sandbox, in real workerd processes on loopback.

import { edge, shop } from "../../src/shell/testing/services.ts";
import { startWorkerd } from "../../src/shell/serve/workerd.ts";
import { eventually } from "./eventually.ts";
import { ROOT, type Report, scratch, startSandbox } from "./sandbox.ts";

/** The key of the shop's back end. */
export const KEY = "shop-key-0123456789abcdef0123456789abcdef";

/** The secrets with which the shop signs its webhooks. */
const WEBHOOK_SECRETS = {
  WOOCOMMERCE_WEBHOOK_SECRET: "woocommerce-0123456789abcdef0123456789abcdef",
  SHOPIFY_WEBHOOK_SECRET: "shopify-0123456789abcdef0123456789abcdef",
  STRIPE_WEBHOOK_SECRET: "whsec_0123456789abcdef0123456789abcdef",
};

/** A running demo. */
export interface Shop {
  /** The port of the worker before the shop. */
  port: number;
  /** Returns the events and requests that the sandbox has seen. */
  report(): Promise<Report>;
  /** The sandbox's page. */
  sandboxUrl: string;
  stop(): Promise<void>;
}

/**
 * Starts the demo on a port of 127.0.0.1 (0: any free port). The worker accepts pages of these origins. `changes` go into
 * its configuration.
 */
export async function startShop(port: number, allowedOrigins: string[], changes: object = {}): Promise<Shop> {
  const sandbox = await startSandbox();
  try {
    const configuration = {
      datasets: ["1234567890"],
      allowedOrigins,
      graphUrl: sandbox.url,
      holdSeconds: 1,
      // Sends an event as soon as it is due, so that the demo shows it without delay.
      alarmGridSeconds: 0,
      ...changes,
    };
    const shops = await startWorkerd({
      services: [edge(ROOT, configuration, "shop"), shop(ROOT, sandbox.url)],
      ports: { edge: port },
      state: scratch("shop"),
      environment: { META_ACCESS_TOKEN: "test-token", BRIDGE_KEY: KEY, ...WEBHOOK_SECRETS },
    });
    return {
      port: Number(new URL(shops.urls["edge"] ?? "").port),
      report: sandbox.report,
      sandboxUrl: sandbox.url,
      async stop() {
        await shops.stop();
        await sandbox.stop();
      },
    };
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

/** Waits for both copies of the one event of this name, and returns it. */
export function pair(shop: Pick<Shop, "report">, name: string) {
  return eventually(`both copies of ${name}`, async () => {
    const found = (await shop.report()).events.filter((event) => event.event_name === name);
    const [event] = found;
    return found.length === 1 && event?.browser && event.server ? event : undefined;
  });
}
