// The host's cryptographic random source.

/** Returns `count` random numbers of 32 bits each. */
export const random = (count: number): Uint32Array => crypto.getRandomValues(new Uint32Array(count));
