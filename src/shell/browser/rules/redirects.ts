// Keeps redirects to another origin working.
//
// A header of ours makes the browser ask the other origin first (a CORS preflight). If that origin does not allow the
// header, the page's request fails, and only because of the bridge. A page is not told of the redirect, only of the
// failure. (Fetch standard, "HTTP-redirect fetch" and "CORS-preflight fetch")

/** Returns true for a method by which a request may be sent twice. */
export const isSafe = (method = "GET"): boolean => /^(GET|HEAD)$/i.test(method);

/**
 * Returns true if our headers may have caused the failure of a request. Its error is then a TypeError, and the request
 * follows redirects and has no `integrity`. A request that was aborted or timed out has an error of another name.
 */
export const mayBeOurs = (
  errorName: string,
  { redirect = "follow", integrity }: Pick<RequestInit, "redirect" | "integrity"> = {},
): boolean => errorName === "TypeError" && redirect === "follow" && !integrity;
