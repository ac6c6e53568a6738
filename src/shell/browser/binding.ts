// Text in and out of a page's WebAssembly; `../text.rs` is the other side.

import inlined from "#wasm/browser_inline";
import { bytesOf } from "../inlined.ts";

/** An instance of the module: places for texts in its memory, and what takes them. */
type Instance = {
  memory: WebAssembly.Memory;
  place(length: number): number;
} & Record<string, (...values: number[]) => number>;

/** How much memory an instance may come to before a fresh one takes its place. */
const MOST_BYTES = 2 ** 21;

// Kept: each costs as much to make as a text takes to pass.
const encoder = new TextEncoder();
const decoder = new TextDecoder();
let module: WebAssembly.Module | undefined;
let wasm: Instance;

/** A fresh instance: the first, or one after a trap. */
export function instantiate(): void {
  module ??= new WebAssembly.Module(bytesOf(inlined));
  wasm = new WebAssembly.Instance(module).exports as Instance;
}

/** Calls an export that takes texts, then numbers, and gives a text. After a trap the page has a fresh instance. */
export function call(name: string, texts: string[], numbers: Iterable<number> = []): string {
  try {
    // The module frees nothing.
    if (wasm.memory.buffer.byteLength > MOST_BYTES) instantiate();
    const given = texts.flatMap((text) => {
      // Nothing to pass, which is often.
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
