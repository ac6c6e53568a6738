// Passes texts to and from a page's WebAssembly. `text.rs` is the other side.

/** An instance of a module. `place` allocates memory for a text; the other exports take texts. */
export type Instance = {
  memory: WebAssembly.Memory;
  place(length: number): number;
} & Record<string, (...values: number[]) => number>;

/** The most memory of an instance, in bytes. Above it, a fresh instance takes its place. */
const MOST_BYTES = 2 ** 21;

// Shared by all calls, because making one takes as long as passing a text. Made with the first instance: a simulated
// page, such as Jest's jsdom, may lack both, and the import must not throw there.
let encoder: TextEncoder;
let decoder: TextDecoder;

/** Writes a text into the memory of an instance, and returns its length in bytes. */
export const write = (wasm: Instance, text: string, at: number) =>
  encoder.encodeInto(text, new Uint8Array(wasm.memory.buffer, at)).written;

/** Returns `instantiate` and `call` of a module. `instance` makes an instance of it. */
export function bind(instance: () => Instance) {
  let wasm: Instance;

  /** Makes a fresh instance: at the start, after a trap, and when the memory of the last one is too large. */
  function instantiate(): void {
    encoder ??= new TextEncoder();
    decoder ??= new TextDecoder();
    wasm = instance();
  }

  /**
   * Calls an export with texts, then numbers, and returns its text.
   *
   * @throws the trap of the module; the next call gets a fresh instance
   */
  function call(name: string, texts: string[], numbers: Iterable<number> = []): string {
    try {
      // The module never frees memory.
      if (wasm.memory.buffer.byteLength > MOST_BYTES) instantiate();
      const given = texts.flatMap((text) => {
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

  return [instantiate, call] as const;
}
