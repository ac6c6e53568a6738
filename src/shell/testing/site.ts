// The tested site behind the proxy: another server, a folder of files, or a function.

import { readFile } from "node:fs/promises";
import { statSync } from "node:fs";
import { extname, join, resolve, sep } from "node:path";
import type { Handler } from "./listen.ts";

/** The address of a server, the path of a folder, or a function that answers requests. */
export type Site = string | ((request: Request) => Promise<Response> | Response);

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".wasm": "application/wasm",
};
/** Headers that hold for one connection alone, and those that `fetch` sets or has undone. */
const NOT_PASSED_ON = ["connection", "keep-alive", "transfer-encoding", "upgrade", "host", "content-length"];

/**
 * Returns the handler of a site.
 *
 * @throws {Error} when the text is neither an address nor a folder
 */
export function siteHandler(site: Site): Handler {
  if (typeof site === "function") return site;
  if (/^https?:\/\//.test(site)) return (request) => forward(request, site);
  const folder = resolve(site);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Error(
      `site: ${folder} is no folder. Expected an address such as http://localhost:3000, or the path of a folder with pages.`,
    );
  }
  return (request) => file(folder, request);
}

/** Sends a request to another server and returns its answer. Redirects are left to the browser. */
export async function forward(
  request: Request,
  to: string,
  changed: Record<string, string> = {},
): Promise<Response> {
  const { pathname, search, host } = new URL(request.url);
  const headers = new Headers(request.headers);
  for (const name of NOT_PASSED_ON) headers.delete(name);
  // `fetch` undoes a compression and leaves the header that names it.
  headers.set("accept-encoding", "identity");
  headers.set("x-forwarded-host", host);
  for (const [name, value] of Object.entries(changed)) headers.set(name, value);
  const body = request.body === null ? null : await request.arrayBuffer();
  const address = new URL(pathname + search, to);
  let answer: Response;
  try {
    answer = await fetch(address, { method: request.method, headers, body, redirect: "manual" });
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return new Response(
      `Nothing answers at ${to} (${cause?.code ?? String(error)}). Start the site before the test.`,
      {
        status: 502,
      },
    );
  }
  const passed = new Headers(answer.headers);
  for (const name of [...NOT_PASSED_ON, "content-encoding"]) passed.delete(name);
  const location = passed.get("location");
  // A redirect to the site itself stays on the proxy.
  if (location !== null && URL.canParse(location, address)) {
    const target = new URL(location, address);
    if (target.origin === address.origin)
      passed.set("location", target.pathname + target.search + target.hash);
  }
  const isEmpty = [204, 205, 304].includes(answer.status);
  return new Response(isEmpty ? null : await answer.arrayBuffer(), {
    status: answer.status,
    headers: passed,
  });
}

async function file(folder: string, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  let name: string;
  try {
    name = decodeURIComponent(pathname);
  } catch {
    return new Response("The address is not encoded as UTF-8.", { status: 400 });
  }
  const path = join(folder, name);
  if (path !== folder && !path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
    return new Response("No such page.", { status: 404 });
  }
  for (const candidate of name.endsWith("/") ? [join(path, "index.html")] : [path, `${path}.html`]) {
    try {
      const bytes = await readFile(candidate);
      const type = TYPES[extname(candidate)] ?? "application/octet-stream";
      return new Response(new Uint8Array(bytes), {
        headers: { "content-type": type, "cache-control": "no-store" },
      });
    } catch {
      // The next name is tried.
    }
  }
  return new Response(`No such page: ${pathname} is not in the folder of the site.`, { status: 404 });
}
