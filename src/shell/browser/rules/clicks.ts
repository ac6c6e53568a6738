// Decides in which addresses a page view looks for a click id.

/**
 * Returns the address and the referrer to look in.
 *
 * On the first look, `landing` is the address with which the page was loaded: a client-side router may have removed
 * `fbclid` from the current one before this script ran. The address of the look before (`before`) is not read again if
 * there is a click in the cookies: another tab may have stored a newer click since.
 */
export function addressesOf(
  url: string,
  referrer: string,
  landing: string | undefined,
  before: string | undefined,
  cookies: string,
): [address: string, referrer: string] {
  return before === url && cookies.includes("_fbc=")
    ? ["", ""]
    : [before ? url : `${url}#${landing}`, referrer];
}
