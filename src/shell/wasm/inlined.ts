// WebAssembly modules that travel inside a script, in ASCII: a page may serve the script in any charset.

/**
 * Returns the bytes of a module for a page. `inline_module` in `xtask/src/build.rs` writes it.
 *
 * Its first two lines are marks. The first adds 128 to the character after it, the second stands for 0. All other
 * characters are a byte.
 */
export function bytesOf(inlined: string): Uint8Array<ArrayBuffer> {
  const [high, zero, ...lines] = inlined.split("\n") as [string, string, ...string[]];
  const text = lines
    .join("\n")
    .replaceAll(zero, "\0")
    .replace(RegExp(`${high}([^])`, "g"), (_, low: string) => String.fromCharCode(low.charCodeAt(0) | 128));
  // `fromBase64` takes a tenth of the time. Older browsers do not have it.
  return (
    (Uint8Array as { fromBase64?(text: string): Uint8Array<ArrayBuffer> }).fromBase64?.(btoa(text)) ??
    Uint8Array.from(text, (byte) => byte.charCodeAt(0))
  );
}

/** Returns the bytes of a module for Node and its like, which is base64. */
export function bytesOfBase64(inlined: string): Uint8Array<ArrayBuffer> {
  const text = atob(inlined);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
