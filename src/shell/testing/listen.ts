// Serves a fetch handler on loopback, with Node's http server.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

/** Answers one request. `address` is the sender's. */
export type Handler = (request: Request, address: string) => Promise<Response> | Response;

/** A server on loopback. */
export interface Listening {
  url: string;
  stop(): Promise<void>;
}

/** Serves a handler at a port of 127.0.0.1 that is free. An exception becomes a 500 with its message. */
export async function listen(handler: Handler): Promise<Listening> {
  const server: Server = createServer((request, response) => {
    void answer(handler, request, response);
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail).listen(0, "127.0.0.1", done);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A browser may be gone before its answer.
  response.on("error", () => undefined);
  try {
    const given = await handler(await received(request), request.socket.remoteAddress ?? "");
    const headers: Record<string, string | string[]> = Object.fromEntries(given.headers);
    const cookies = given.headers.getSetCookie();
    if (cookies.length > 0) headers["set-cookie"] = cookies;
    response.writeHead(given.status, headers);
    response.end(Buffer.from(await given.arrayBuffer()));
  } catch (error) {
    if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
    response.end(error instanceof Error ? error.message : String(error));
  }
}

async function received(request: IncomingMessage): Promise<Request> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const each of [value ?? []].flat()) headers.append(name, each);
  }
  const method = request.method ?? "GET";
  const body = method === "GET" || method === "HEAD" ? null : await buffer(Readable.from(request));
  return new Request(`http://${request.headers.host ?? "localhost"}${request.url ?? "/"}`, {
    method,
    headers,
    body: body === null || body.length === 0 ? null : new Uint8Array(body),
  });
}
