// The host's cryptographic random source.

/** As many numbers of 32 random bits. */
export function random(count: number): Uint32Array {
  return crypto.getRandomValues(new Uint32Array(count));
}
