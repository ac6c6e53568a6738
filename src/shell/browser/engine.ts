// The page's WebAssembly: started at once, started anew after a trap, left out where it cannot be.

import { __wbg_reset_state, initSync } from "#wasm/browser";
import inlined from "#wasm/browser_inline";
import { bytesOf } from "../inlined.ts";
import { warn } from "./warn.ts";

let usable: boolean | undefined;

/** Whether identifiers and event ids can be made here. Where not, the page works as before. */
export function ready(): boolean {
  if (usable === undefined) {
    usable = false;
    try {
      initSync({ module: bytesOf(inlined) });
      usable = true;
    } catch (error) {
      warn(
        "WebAssembly cannot start here; events keep only their browser copy. A content security policy needs 'wasm-unsafe-eval' in script-src.",
        error,
      );
    }
  }
  return usable;
}

/** Runs `use`; what it throws never reaches the page, which gets `otherwise` instead. */
export function safely<T>(use: () => T, otherwise: T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) __wbg_reset_state();
    warn("something failed; the page goes on without it.", error);
    return otherwise;
  }
}
