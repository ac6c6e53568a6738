// The page's WebAssembly module, which travels inside the script.

import inline from "#wasm/browser_inline";

/** The module's bytes. */
export function moduleBytes(): Uint8Array {
  return Uint8Array.from(inline, (character) => character.charCodeAt(0));
}
