// Makes texts well formed: half of a surrogate pair, such as half an emoji, becomes U+FFFD before it leaves the page.

/**
 * Replaces each lone surrogate in the output of `JSON.stringify`, which writes it as an escape such as `\ud83d`.
 *
 * A strict JSON parser refuses the whole text for one such escape. TextEncoder, and so each hash and each derived
 * event id, makes the same replacement. `String.prototype.toWellFormed` would need a walk over all values and keys.
 */
export function wellFormed(json: string): string {
  // `JSON.stringify` escapes a backslash as two, so an escaped backslash is never the start of a surrogate.
  return json.replace(/\\(\\|ud...)/g, (escape) => (escape === "\\\\" ? escape : "\\ufffd"));
}
