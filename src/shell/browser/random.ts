// The host's cryptographic random source.

/** 32 random bits. */
export function random(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
