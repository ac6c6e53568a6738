// Puts the script tag into a document, as it streams by.

/**
 * Puts the tag before the document's first script, so that it runs before the pixel's own, else at
 * the end of its head, else at the start of its body. `nonce` is that of the answer's policy; without
 * one, that of the first script counts.
 */
export function injectScript(
  document: Response,
  nonce: string | undefined,
  tag: (nonce: string | undefined) => string,
): Response {
  let isDone = false;
  const once = (put: (tag: string) => void, found?: string | null) => {
    if (isDone) return;
    isDone = true;
    put(tag(nonce ?? found ?? undefined));
  };
  const html = { html: true };
  const rewriter = new HTMLRewriter()
    .on("script", {
      element: (script) => once((text) => script.before(text, html), script.getAttribute("nonce")),
    })
    .on("head", {
      element: (head) => head.onEndTag((end) => once((text) => end.before(text, html))),
    })
    .on("body", { element: (body) => once((text) => body.prepend(text, html)) });
  return rewriter.transform(document);
}
