// The services of a local bridge, by where the build leaves them.

import { join } from "node:path";
import type { Service } from "../serve/workerd.ts";

/** Where the build's folders are; the project's root by default. */
const at = (root: string, ...path: string[]) => join(root, ...path);

/** The edge worker, with this configuration; `origin` is the service that answers all else. */
export function edge(root: string, configuration: unknown, origin?: string): Service {
  return {
    name: "edge",
    folder: at(root, "dist/edge"),
    wasm: ["edge_bg.wasm"],
    bindings: {
      // Nobody waits for the grid of a quiet site.
      CAPI_BRIDGE: { json: { alarmGridSeconds: 0, ...(configuration as object) } },
      META_ACCESS_TOKEN: { fromEnvironment: "META_ACCESS_TOKEN" },
      META_APP_SECRET: { fromEnvironment: "META_APP_SECRET" },
      BRIDGE_KEY: { fromEnvironment: "BRIDGE_KEY" },
      SEGMENT_WRITE_KEY: { fromEnvironment: "SEGMENT_WRITE_KEY" },
      SEGMENT_WEBHOOK_SECRET: { fromEnvironment: "SEGMENT_WEBHOOK_SECRET" },
      OUTBOX: { durableObject: "Outbox" },
      ...(origin !== undefined && { ORIGIN: { service: origin } }),
    },
    durableObjects: ["Outbox"],
  };
}

/** The stand-in for Meta. */
export function sandbox(root: string): Service {
  return {
    name: "sandbox",
    folder: at(root, "target/demo/sandbox"),
    wasm: ["sandbox_bg.wasm"],
    bindings: { ASSETS: { files: at(root, "target/demo/sandbox/assets") } },
  };
}

/** The demo shop, which reports its pixel's events to the sandbox at this address. */
export function shop(root: string, sandboxUrl: string): Service {
  return {
    name: "shop",
    folder: at(root, "target/demo/shop"),
    bindings: {
      ASSETS: { files: at(root, "target/demo/shop/assets") },
      SANDBOX_URL: { text: sandboxUrl },
    },
  };
}
