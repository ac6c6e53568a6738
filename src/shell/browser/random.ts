// The host's cryptographic random source.

/** Returns as many numbers of 32 random bits. */
export const random = (count: number): Uint32Array => crypto.getRandomValues(new Uint32Array(count));
