// `import { … } from "capi-bridge/core"` where a module can be compiled at run time: Node, Deno, browsers.

import inlined from "#wasm/core_inline";
import { bytesOfBase64 } from "../wasm/inlined.ts";
import { start } from "./engine.ts";

start(bytesOfBase64(inlined));

export * from "./core.ts";
