// The module of `capi-bridge/core`: started by each entry, and started anew after a trap.

import { __wbg_reset_state, type InitOutput, initSync, input } from "#wasm/edge";

/** The fewest bytes that are asked for: more than most requests have. */
const ROOM = 8192;

const encoder = new TextEncoder();
let memory: WebAssembly.Memory;
let window = new Uint8Array();

/** Starts the module. Each entry has its own way to come by it. */
export function start(module: WebAssembly.Module | BufferSource): void {
  ({ memory } = initSync({ module }) satisfies InitOutput);
}

/** Writes text where the module reads its input; how many bytes that were. */
export function give(text: string): number {
  const most = text.length * 3;
  // A window into memory that has grown since is empty.
  if (window.length < most) {
    const bytes = Math.max(ROOM, most);
    const at = input(bytes);
    window = new Uint8Array(memory.buffer, at, bytes);
  }
  return encoder.encodeInto(text, window).written;
}

/** Runs `use`; after a trap nothing of the module's state is used again. */
export function guarded<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) {
      __wbg_reset_state();
      window = new Uint8Array();
    }
    throw error;
  }
}
