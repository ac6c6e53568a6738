// `import { … } from "capi-bridge/core"` where a module can be compiled at run time: Node, Deno, browsers.

import inlined from "#wasm/edge_inline";
import { bytesOf } from "../inlined.ts";
import { start } from "./engine.ts";

start(bytesOf(inlined));

export * from "./core.ts";
