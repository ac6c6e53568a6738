// `import { … } from "capi-bridge/core"` in a worker, which gets its module compiled.

import module from "#wasm/edge_bg.wasm";
import { start } from "./engine.ts";

start(module);

export * from "./core.ts";
