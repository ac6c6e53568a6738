// The demo as a visitor meets it: shop, edge worker and sandbox, each in a real workerd on loopback.

import { edge, shop } from "../../src/shell/testing/services.ts";
import { startWorkerd } from "../../src/shell/serve/workerd.ts";
import { eventually } from "./eventually.ts";
import { ROOT, type Report, scratch, startSandbox } from "./sandbox.ts";

/** What a back end of the shop shows. */
export const KEY = "shop-key-0123456789abcdef0123456789abcdef";

/** A running demo. */
export interface Shop {
  /** Its port. */
  port: number;
  /** What the sandbox has seen. */
  report(): Promise<Report>;
  /** The sandbox's page. */
  sandboxUrl: string;
  stop(): Promise<void>;
}

/** Starts the demo on a port of 127.0.0.1, 0 for any that is free; the worker takes events from pages of these origins. */
export async function startShop(port: number, allowedOrigins: string[]): Promise<Shop> {
  const sandbox = await startSandbox();
  try {
    const configuration = {
      datasets: ["1234567890"],
      allowedOrigins,
      graphUrl: sandbox.url,
      holdSeconds: 1,
      // Whoever looks at the demo sees an event as soon as it is due.
      alarmGridSeconds: 0,
    };
    const shops = await startWorkerd({
      services: [edge(ROOT, configuration, "shop"), shop(ROOT, sandbox.url)],
      ports: { edge: port },
      state: scratch("shop"),
      environment: { META_ACCESS_TOKEN: "test-token", BRIDGE_KEY: KEY },
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

/** The one event of this name, once both copies of it are there. */
export function pair(shop: Pick<Shop, "report">, name: string) {
  return eventually(`both copies of ${name}`, async () => {
    const found = (await shop.report()).events.filter((event) => event.event_name === name);
    const [event] = found;
    return found.length === 1 && event?.browser && event.server ? event : undefined;
  });
}
