// Finds the window whose address, cookies and referrer are the page's.

/**
 * Returns the page's window. A frame without an address of its own, such as `<iframe srcdoc>`, counts as the page
 * that embeds it: their origin and cookies are the same.
 */
export function site(): Window & typeof globalThis {
  let frame: Window = window;
  // A sandboxed frame has another origin. It sees no element around it.
  while (frame.location.protocol === "about:" && frame.frameElement) frame = frame.parent;
  return frame as Window & typeof globalThis;
}
