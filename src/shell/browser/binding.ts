// The page's first WebAssembly, which makes identifiers and event ids.

import inlined from "#wasm/browser_inline";
import { bind, type Instance } from "../wasm/bind.ts";
import { bytesOf } from "../wasm/inlined.ts";

let module: WebAssembly.Module | undefined;

export const [instantiate, call] = bind(
  () => new WebAssembly.Instance((module ??= new WebAssembly.Module(bytesOf(inlined)))).exports as Instance,
);
