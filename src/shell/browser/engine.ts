// The page's WebAssembly: started at once, left out where it cannot be; what fails in it never reaches the page.

import { instantiate } from "./binding.ts";
import { warn } from "./warn.ts";

/** Whether identifiers and event ids can be made here. Where not, the page works as before. */
export function ready(): boolean {
  try {
    instantiate();
    return true;
  } catch (error) {
    warn("no WebAssembly: script-src needs 'wasm-unsafe-eval'.", error);
    return false;
  }
}

/** Runs `use`; what it throws never reaches the page, which gets `otherwise` instead. */
export function safely<T>(use: () => T): T | undefined;
export function safely<T>(use: () => T, otherwise: T): T;
export function safely<T>(use: () => T, otherwise?: T): T | undefined {
  try {
    return use();
  } catch (error) {
    warn("failed; the page goes on.", error);
    return otherwise;
  }
}
