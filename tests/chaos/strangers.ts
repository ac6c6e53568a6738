// The answers of servers that are not the worker: a static server, a framework, a firewall, a login page, a captive
// portal. None of them is a receipt.

import type { ServerResponse } from "node:http";

/** The path of the page to which a request without a login is redirected. */
const LOGIN = "/login";
/** The same page, whose answer no other origin may read. */
const CLOSED = `${LOGIN}/closed`;
/** A path that is redirected to itself. */
const CIRCLE = `${LOGIN}/again`;
/** The host of a captive portal, which has another origin than any page. */
const PORTAL = "http://portal.example";

const PAGE = "<!doctype html><title>Log in</title><p>Welcome to the hotel. 1 event received.";
/** The content type and length of a receipt that is longer than what is sent of it. */
const CUT = { "content-type": "application/json", "content-length": "1000" };
/** The time between two parts of an answer that does not end, in milliseconds. */
const PART_MILLIS = 1_000;

/** Answers with a web page. */
function page(response: ServerResponse, status: number, type = "text/html"): void {
  response.writeHead(status, { "content-type": type });
  response.end(PAGE);
}

/** Answers with a value as JSON. */
function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** Answers with a redirect. */
function redirect(response: ServerResponse, status: number, location: string): void {
  response.writeHead(status, { location });
  response.end();
}

/** Sends the start of an answer, then a part each second. The client has to give up. */
function neverEnd(response: ServerResponse, start: string, part: string): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.write(start);
  const timer = setInterval(() => response.write(part), PART_MILLIS);
  response.once("close", () => clearInterval(timer));
}

/** Answers in the place of the worker. `port` is the site's, `body` is the request's. */
type Stranger = (response: ServerResponse, port: number, body: string) => void;

/** All strangers by name. */
export const STRANGERS = {
  "200 with a page": (response) => page(response, 200),
  "200 with a page, said to be JSON": (response) => page(response, 200, "application/json"),
  "200 with nothing": (response) => void response.writeHead(200).end(),
  "202 with nothing": (response) => void response.writeHead(202).end(),
  "204": (response) => void response.writeHead(204).end(),
  "200 with other JSON": (response) => json(response, { ok: true, received: 1 }),
  "200 with null": (response) => json(response, null),
  "200 with a list": (response) => json(response, [{ events_received: 1 }]),
  "200 with the count as text": (response) => json(response, { events_received: "1" }),
  "200 with the request itself": (response, _, body) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(body);
  },
  "200 that is cut off": (response) => {
    response.writeHead(200, CUT);
    response.write('{"events_received":1,"problems":[]}', () => response.destroy());
  },
  "200 that is no gzip": (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end('{"events_received":1,"problems":[]}');
  },
  "200 that does not end": (response) => neverEnd(response, '{"events_received":1', " "),
  "a page that does not end": (response) => neverEnd(response, PAGE, "<br>"),
  "302 to a login page": (response) => redirect(response, 302, LOGIN),
  "307 to a login page": (response) => redirect(response, 307, LOGIN),
  "303 in a circle": (response) => redirect(response, 303, CIRCLE),
  "302 to nowhere": (response) => void response.writeHead(302).end(),
  "302 to a captive portal": (response, port) => redirect(response, 302, `${PORTAL}:${port}${LOGIN}`),
  "307 to a captive portal": (response, port) => redirect(response, 307, `${PORTAL}:${port}${LOGIN}`),
  "302 to a closed portal": (response, port) => redirect(response, 302, `${PORTAL}:${port}${CLOSED}`),
  "400 with a page": (response) => page(response, 400),
  "401 with a page": (response) => page(response, 401),
  "403 with a page": (response) => page(response, 403),
  "404 with a page": (response) => page(response, 404),
  "405 with a page": (response) => page(response, 405),
  "413 with a page": (response) => page(response, 413),
  "422 with a page": (response) => page(response, 422),
  "511 with a page": (response) => page(response, 511),
} satisfies Record<string, Stranger> as Record<string, Stranger>;

/** Answers as a stranger. Its name is a key of `STRANGERS`. */
export function answerAs(name: string, response: ServerResponse, port: number, body: string): void {
  // Else a browser runs any answer as a script, and the page has the syntax error.
  response.setHeader("x-content-type-options", "nosniff");
  STRANGERS[name]?.(response, port, body);
}

/** Answers requests for the pages to which strangers redirect. Returns false for any other path. */
export function answerRedirected(
  path: string,
  origin: string | undefined,
  response: ServerResponse,
): boolean {
  if (!path.startsWith(LOGIN)) return false;
  response.setHeader("x-content-type-options", "nosniff");
  if (path !== CLOSED && origin !== undefined) {
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-allow-credentials", "true");
  }
  if (path === CIRCLE) redirect(response, 303, CIRCLE);
  else page(response, 200);
  return true;
}
