// The module of `capi-bridge/core`: started by each entry, and started anew after a trap.

import { __wbg_reset_state, type InitOutput, initSync, input } from "#wasm/core";
import { guarded, Trap } from "../wasm/guard.ts";

/** The minimum size of the input buffer, in bytes. Most inputs are shorter. */
const ROOM = 8192;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let compiled: WebAssembly.Module | BufferSource;
let memory: WebAssembly.Memory;
let window = new Uint8Array();

/** Starts the module. Each entry point loads it in its own way. */
export function start(module: WebAssembly.Module | BufferSource): void {
  compiled = module;
  ({ memory } = initSync({ module }) satisfies InitOutput);
}

/** Returns a view of the module's buffer, which may have moved. */
function windowOf(bytes: number): Uint8Array<ArrayBuffer> {
  const at = input(bytes);
  return new Uint8Array(memory.buffer, at, bytes);
}

/** Writes text into the module's buffer. Returns its number of bytes. */
export function give(text: string): number {
  const most = text.length * 3;
  // An older view has no bytes once the memory has grown.
  if (window.length < most) window = windowOf(Math.max(ROOM, most));
  return encoder.encodeInto(text, window).written;
}

/** Returns the answer of `length` bytes that the module left in the buffer. */
export function taken(length: number): string {
  if (window.length < length) window = windowOf(length);
  return decoder.decode(window.subarray(0, length));
}

/**
 * Wraps a call. If the module traps, the wrapped call returns `otherwise()`, and the next call gets a fresh
 * instance.
 */
export function orElse<Given extends unknown[], Answer>(
  call: (...given: Given) => Answer,
  otherwise: () => Answer,
): (...given: Given) => Answer {
  return (...given) => {
    try {
      return guarded(() => call(...given), renew);
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      return otherwise();
    }
  };
}

function renew(): void {
  __wbg_reset_state();
  start(compiled);
  window = new Uint8Array();
}
