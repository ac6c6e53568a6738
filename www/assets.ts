// Serves files to a browser from a binding that returns bytes: adds content types, the front page, a page for
// 404.

/** The storage of the files: workerd's disk service, or anything that answers GET with bytes. */
interface Assets {
  fetch(request: Request): Promise<Response>;
}

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json; charset=utf-8",
  map: "application/json; charset=utf-8",
  svg: "image/svg+xml; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  png: "image/png",
  ico: "image/x-icon",
  woff2: "font/woff2",
};

/** Answers `GET` and `HEAD` with a file of these assets; `/` is `/index.html`. */
export async function serveAsset(assets: Assets, request: Request): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Only GET and HEAD are answered here.\n", {
      status: 405,
      headers: { "content-type": "text/plain; charset=utf-8", allow: "GET, HEAD" },
    });
  }
  const url = new URL(request.url);
  const path = url.pathname === "/" ? "/index.html" : url.pathname;
  const extension = /\.([a-z0-9]+)$/.exec(path)?.[1] ?? "";
  const type = TYPES[extension];
  // Another path may be a folder, and the disk service would list its files.
  if (type === undefined) return notFound(request);

  const found = await assets.fetch(new Request(new URL(path, url.origin), { method: request.method }));
  if (!found.ok) return notFound(request);
  const headers = new Headers({
    "content-type": type,
    // A page is not cached, and its parts are revalidated: a rebuilt demo shows at once.
    "cache-control": extension === "html" ? "no-store" : "no-cache",
    "x-content-type-options": "nosniff",
  });
  const length = found.headers.get("content-length");
  if (length !== null) headers.set("content-length", length);
  return new Response(request.method === "HEAD" ? null : found.body, { headers });
}

function notFound(request: Request): Response {
  return new Response(request.method === "HEAD" ? null : NOT_FOUND, {
    status: 404,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
  });
}

const NOT_FOUND = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Nothing here</title>
<style>
  :root { color-scheme: light dark; font: 17px/1.5 Inter, system-ui, sans-serif; }
  body { display: grid; place-content: center; min-height: 90vh; margin: 0 24px; text-align: center; }
  h1 { margin: 0; font-size: 32px; letter-spacing: -0.02em; }
  p { margin: 8px 0 0; }
  a { color: inherit; font-weight: 600; }
</style>
<h1>Nothing here</h1>
<p>This address leads nowhere. <a href="/">Back to the front page</a></p>
</html>
`;
