// The host's cryptographic random source.

/** Asked for at once, as most of what it costs is the asking. */
const pool = new Uint32Array(64);
let used = pool.length;

/** As many numbers of 32 random bits, each given out once. */
export function random(count: number): Uint32Array {
  if (used + count > pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  return pool.slice(used, (used += count));
}
