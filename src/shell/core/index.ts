// `import { … } from "capi-bridge/core"` where a module can be compiled at run time: Node, Deno, browsers.

import { initSync } from "#wasm/edge";
import inlined from "#wasm/edge_inline";
import { bytesOf } from "../inlined.ts";

initSync({ module: bytesOf(inlined) });

export * from "./core.ts";
