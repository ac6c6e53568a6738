// `import { … } from "capi-bridge/core"` in a worker, which gets its module compiled.

import { initSync } from "#wasm/edge";
import module from "#wasm/edge_bg.wasm";

initSync({ module });

export * from "./core.ts";
