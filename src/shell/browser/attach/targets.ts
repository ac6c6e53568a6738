// Decides which addresses belong to the page's own back ends.

import { site } from "../site.ts";

/**
 * Returns the address as the host resolves it.
 *
 * @throws {TypeError} if the address is invalid or missing
 */
export const resolve = (address: unknown): URL => new URL((address ?? "//") as string, document.baseURI);

/** Returns a test that is true for the addresses to which a request may carry fields. */
export function matcher(to: (string | RegExp)[]): (url: URL) => boolean {
  // A sandboxed frame has no origin (`origin` is "null"): for it, every request is cross-origin.
  const own = origin !== "null" && site().location.origin;
  return ({ href, origin }) =>
    href.startsWith("http") &&
    to.some((target) =>
      typeof target === "string"
        ? origin === (target === "same-origin" ? own : target.replace(/\/$/, ""))
        : // Unlike `test`, this leaves `lastIndex` of a RegExp with the flag g alone.
          href.search(target) >= 0,
    );
}
