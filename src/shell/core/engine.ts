// The module of `capi-bridge/core`: started by each entry, and started anew after a trap.

import { __wbg_reset_state, type InitOutput, initSync, input } from "#wasm/edge";

/** The fewest bytes that are asked for: more than most requests have. */
const ROOM = 8192;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let compiled: WebAssembly.Module | BufferSource;
let memory: WebAssembly.Memory;
let window = new Uint8Array();

/** Starts the module. Each entry has its own way to come by it. */
export function start(module: WebAssembly.Module | BufferSource): void {
  compiled = module;
  ({ memory } = initSync({ module }) satisfies InitOutput);
}

/** A window into the module's memory, wherever that place is now. */
function windowOf(bytes: number): Uint8Array<ArrayBuffer> {
  const at = input(bytes);
  return new Uint8Array(memory.buffer, at, bytes);
}

/** Writes text where the module reads its input; how many bytes that were. */
export function give(text: string): number {
  const most = text.length * 3;
  // A window into memory that has grown since is empty.
  if (window.length < most) window = windowOf(Math.max(ROOM, most));
  return encoder.encodeInto(text, window).written;
}

/** The answer of that many bytes that the module left there. */
export function taken(length: number): string {
  if (window.length < length) window = windowOf(length);
  return decoder.decode(window.subarray(0, length));
}

/**
 * The call, which gives `otherwise` where the module traps; nothing of the module's state is used again
 * then, and the next call meets a fresh instance.
 */
export function guarded<Given extends unknown[], Answer>(
  call: (...given: Given) => Answer,
  otherwise: () => Answer,
): (...given: Given) => Answer {
  return (...given) => {
    try {
      return call(...given);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      __wbg_reset_state();
      start(compiled);
      window = new Uint8Array();
      return otherwise();
    }
  };
}
