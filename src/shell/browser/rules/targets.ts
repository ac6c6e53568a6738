// Decides which addresses belong to the page's own back ends.

/**
 * Returns a test that is true for the addresses to which a request may carry fields.
 *
 * `to` has `"same-origin"`, origins, RegExps for the absolute address, and excluded paths: `"!/files/"` leaves alone
 * each address whose path starts so. `own` is the page's origin; false for a sandboxed frame, for which every request
 * is cross-origin.
 */
export function matcher(to: (string | RegExp)[], own: string | false): (url: URL) => boolean {
  return ({ href, origin, pathname }) =>
    href.startsWith("http") &&
    to.some((target) =>
      typeof target === "string"
        ? origin === (target === "same-origin" ? own : target.replace(/\/$/, ""))
        : // Unlike `test`, this leaves `lastIndex` of a RegExp with the flag g alone.
          href.search(target) >= 0,
    ) &&
    !to.some((target) => target !== "" && `!${pathname}`.startsWith(`${target}`));
}
