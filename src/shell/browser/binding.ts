// Passes texts to and from the page's WebAssembly. `../text.rs` is the other side.

import inlined from "#wasm/browser_inline";
import { bytesOf } from "../inlined.ts";

/** An instance of the module. `place` allocates memory for a text; the other exports take texts. */
type Instance = {
  memory: WebAssembly.Memory;
  place(length: number): number;
} & Record<string, (...values: number[]) => number>;

/** The most memory of an instance, in bytes. Above it, a fresh instance takes its place. */
const MOST_BYTES = 2 ** 21;

// Shared by all calls, because making one takes as long as passing a text.
const encoder = new TextEncoder();
const decoder = new TextDecoder();
let module: WebAssembly.Module | undefined;
let wasm: Instance;

/** Makes a fresh instance: at the start, after a trap, and when the memory of the last one is too large. */
export function instantiate(): void {
  module ??= new WebAssembly.Module(bytesOf(inlined));
  wasm = new WebAssembly.Instance(module).exports as Instance;
}

/**
 * Calls an export with texts, then numbers, and returns its text.
 *
 * @throws the trap of the module; the next call gets a fresh instance
 */
export function call(name: string, texts: string[], numbers: Iterable<number> = []): string {
  try {
    // The module never frees memory.
    if (wasm.memory.buffer.byteLength > MOST_BYTES) instantiate();
    const given = texts.flatMap((text) => {
      // Most texts are empty. They need no memory.
      if (!text) return [1, 0];
      const bytes = encoder.encode(text);
      const at = wasm.place(bytes.length);
      new Uint8Array(wasm.memory.buffer).set(bytes, at);
      return [at, bytes.length];
    });
    const answer = wasm[name]!(...given, ...numbers);
    const [at, length] = new Uint32Array(wasm.memory.buffer, answer, 2);
    return decoder.decode(new Uint8Array(wasm.memory.buffer, at, length));
  } catch (error) {
    instantiate();
    throw error;
  }
}
