// Text in and out of the page's WebAssembly: of what wasm-bindgen's own glue does, the little that is needed here.

import type * as Exports from "#wasm/browser_bg.wasm";
import inlined from "#wasm/browser_inline";
import { bytesOf } from "../inlined.ts";

/** The exports that take texts, then numbers, and give a text. */
type Name = "eventId" | "identifiers";

/** How much memory an instance may come to before a fresh one takes its place. */
const MOST_BYTES = 2 ** 21;

// Kept: each costs as much to make as a text takes to pass.
const encoder = new TextEncoder();
const decoder = new TextDecoder();
let module: WebAssembly.Module | undefined;
let wasm: typeof Exports;

/** A fresh instance: the first, or one after a trap. */
export function instantiate(): void {
  module ??= new WebAssembly.Module(bytesOf(inlined));
  // No value of JavaScript's goes into the module but numbers: the build takes out wasm-bindgen's table of them.
  wasm = new WebAssembly.Instance(module).exports as unknown as typeof Exports;
}

/** Calls an export. */
export function call(name: Name, texts: string[], ...numbers: number[]): string {
  // The module frees nothing.
  if (wasm.memory.buffer.byteLength > MOST_BYTES) instantiate();
  const given = texts.flatMap((text) => {
    // Nothing to pass, which is often.
    if (!text) return [1, 0];
    const bytes = encoder.encode(text);
    const at = wasm.__wbindgen_malloc(bytes.length, 1);
    new Uint8Array(wasm.memory.buffer).set(bytes, at);
    return [at, bytes.length];
  });
  const run = wasm[name] as (...values: number[]) => [number, number];
  const text = run(...given, ...numbers);
  return decoder.decode(new Uint8Array(wasm.memory.buffer, ...text));
}
