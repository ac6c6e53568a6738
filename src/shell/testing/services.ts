// The services of a local bridge, from the folders that the build writes.

import { join } from "node:path";
import type { Service } from "../serve/workerd.ts";

/** Returns a path below the root of the build's folders. */
const at = (root: string, ...path: string[]) => join(root, ...path);

/** Returns the edge worker with this configuration. The service `origin` answers all other paths. */
export function edge(root: string, configuration: unknown, origin?: string): Service {
  return {
    name: "edge",
    folder: at(root, "dist/edge"),
    wasm: ["edge_bg.wasm"],
    bindings: {
      // A local bridge sends without waiting for the alarm grid.
      CAPI_BRIDGE: { json: { alarmGridSeconds: 0, ...(configuration as object) } },
      META_ACCESS_TOKEN: { fromEnvironment: "META_ACCESS_TOKEN" },
      META_APP_SECRET: { fromEnvironment: "META_APP_SECRET" },
      BRIDGE_KEY: { fromEnvironment: "BRIDGE_KEY" },
      SEGMENT_WRITE_KEY: { fromEnvironment: "SEGMENT_WRITE_KEY" },
      SEGMENT_WEBHOOK_SECRET: { fromEnvironment: "SEGMENT_WEBHOOK_SECRET" },
      WOOCOMMERCE_WEBHOOK_SECRET: { fromEnvironment: "WOOCOMMERCE_WEBHOOK_SECRET" },
      SHOPIFY_WEBHOOK_SECRET: { fromEnvironment: "SHOPIFY_WEBHOOK_SECRET" },
      STRIPE_WEBHOOK_SECRET: { fromEnvironment: "STRIPE_WEBHOOK_SECRET" },
      ORDER_SECRET: { fromEnvironment: "ORDER_SECRET" },
      OUTBOX: { durableObject: "Outbox" },
      ...(origin !== undefined && { ORIGIN: { service: origin } }),
    },
    durableObjects: ["Outbox"],
  };
}

/** Returns the stand-in for Meta. */
export function sandbox(root: string): Service {
  return {
    name: "sandbox",
    folder: at(root, "target/demo/sandbox"),
    wasm: ["sandbox_bg.wasm"],
    bindings: { ASSETS: { files: at(root, "target/demo/sandbox/assets") } },
  };
}

/**
 * Returns the demo shop. Its pixel reports events to the sandbox at this address. Its back end reports paid orders to the
 * service `edge`, with the secrets of the environment.
 */
export function shop(root: string, sandboxUrl: string): Service {
  return {
    name: "shop",
    folder: at(root, "target/demo/shop"),
    bindings: {
      ASSETS: { files: at(root, "target/demo/shop/assets") },
      SANDBOX_URL: { text: sandboxUrl },
      BRIDGE: { service: "edge" },
      BRIDGE_KEY: { fromEnvironment: "BRIDGE_KEY" },
      WOOCOMMERCE_WEBHOOK_SECRET: { fromEnvironment: "WOOCOMMERCE_WEBHOOK_SECRET" },
      SHOPIFY_WEBHOOK_SECRET: { fromEnvironment: "SHOPIFY_WEBHOOK_SECRET" },
      STRIPE_WEBHOOK_SECRET: { fromEnvironment: "STRIPE_WEBHOOK_SECRET" },
    },
  };
}
