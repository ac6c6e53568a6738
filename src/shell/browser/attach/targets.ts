// Which addresses are those of the page's own back ends.

/**
 * The address as the host reads it.
 *
 * @throws {TypeError} where it is none, or missing
 */
export const resolve = (address: unknown): URL => new URL((address ?? "//") as string, document.baseURI);

/** Whether a request to this address may carry anything. */
export function matcher(to: (string | RegExp)[]): (url: URL) => boolean {
  // Where a sandboxed frame came from is not its origin: it has none, and every request is foreign.
  const own = origin !== "null" && location.origin;
  return ({ href, origin }) =>
    href.startsWith("http") &&
    to.some((target) =>
      typeof target === "string"
        ? origin === (target === "same-origin" ? own : target.replace(/\/$/, ""))
        : // Unlike `test`, this leaves `lastIndex` of a RegExp with the flag g alone.
          href.search(target) >= 0,
    );
}
