// Passes texts to and from a page's WebAssembly. `../text.rs` is the other side.

import { bytesOf } from "./inlined.ts";

/** An instance of a module. `place` allocates memory for a text; the other exports take texts. */
type Instance = {
  memory: WebAssembly.Memory;
  place(length: number): number;
} & Record<string, (...values: number[]) => number>;

/** The most memory of an instance, in bytes. Above it, a fresh instance takes its place. */
const MOST_BYTES = 2 ** 21;

// Shared, because making one takes as long as passing a text.
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The memory of a module, as the functions that a page lends it see it. */
export interface Texts {
  /** Returns a text of the module. */
  read(at: number, length: number): string;
  /** Writes a text for the module, and returns its length in bytes. */
  write(text: string, at: number): number;
}

/** Returns the calls of a module. `lend` makes the functions that the page lends it. */
export function bind(inlined: string, lend?: (texts: Texts) => WebAssembly.ModuleImports) {
  let module: WebAssembly.Module | undefined;
  let wasm: Instance;
  const bytes = (at: number, length?: number) => new Uint8Array(wasm.memory.buffer, at, length);
  const read = (at: number, length: number) => decoder.decode(bytes(at, length));
  const write = (text: string, at: number) => encoder.encodeInto(text, bytes(at)).written;

  /** Makes a fresh instance: at the start, after a trap, and when the memory of the last one is too large. */
  function instantiate(): void {
    module ??= new WebAssembly.Module(bytesOf(inlined));
    wasm = new WebAssembly.Instance(module, lend && { page: lend({ read, write }) }).exports as Instance;
  }

  /**
   * Calls an export with texts, then numbers, and returns its text. A trap is thrown, and leaves a fresh
   * instance.
   */
  function call(name: string, texts: string[], numbers: Iterable<number> = []): string {
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
      return read(at!, length!);
    } catch (error) {
      instantiate();
      throw error;
    }
  }

  return { instantiate, call };
}
