// A WebAssembly module that travels inside a script: each character's code less 35, modulo 256, is a byte.

/** The module's bytes. */
export const bytesOf = (inlined: string): Uint8Array<ArrayBuffer> =>
  // Half the time of `Uint8Array.from()`, which makes a text of each character.
  new Uint8Array(inlined.length).map((_, at) => inlined.charCodeAt(at) - 35);
