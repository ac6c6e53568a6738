// Starts the page's WebAssembly. Errors in it never reach the page.

import { instantiate } from "./binding.ts";
import { warn } from "./warn.ts";

/**
 * Starts the WebAssembly. Returns false if the page does not allow it; the page then works as without the
 * bridge.
 */
export function ready(): boolean {
  try {
    instantiate();
    return true;
  } catch (error) {
    // The browser's error names the cause.
    warn("no WebAssembly. Does a policy lack 'wasm-unsafe-eval'?", error);
    return false;
  }
}

/** Runs `use`. If it throws, returns `otherwise`; the error never reaches the page. */
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
