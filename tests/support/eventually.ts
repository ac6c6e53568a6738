// Waits for a result that arrives later.

/**
 * Asks until `look` gives something, every 50 milliseconds.
 *
 * @throws {Error} after `millis`, with what the last look said
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  millis = 30_000,
): Promise<T> {
  const end = Date.now() + millis;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      last = "nothing";
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`waited ${millis} ms for ${what}; last look: ${String(last)}`);
}
