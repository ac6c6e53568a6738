// The page's first WebAssembly, which makes identifiers and event ids.

import inlined from "#wasm/browser_inline";
import { bind } from "../wasm/bind.ts";

export const { instantiate, call } = bind(inlined);
