// A WebAssembly module that travels inside a script: each character's code less 35, modulo 256, is a byte.

/** The module's bytes. */
export const bytesOf = (inlined: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(inlined, (character) => character.charCodeAt(0) - 35);
