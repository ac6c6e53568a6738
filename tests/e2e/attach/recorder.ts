// A loopback server that records its requests, over HTTP/1.1 or over TLS and HTTP/2.

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { ROOT } from "../../support/sandbox.ts";

/** A request as the server received it. */
export interface Received {
  method: string;
  host: string;
  /** Path and query. */
  url: string;
  /** Names as they were written, in the order in which they came. */
  headers: [name: string, value: string][];
  body: string;
}

export type Scheme = "http" | "https";

/** A recorder that runs. */
export interface Recorder {
  scheme: Scheme;
  at(host: string, path: string): string;
  /** Returns the requests to `/echo/{name}`, in order, each once its body has ended or was cut off. */
  received(name: string): Received[];
  /** Forgets the requests to `/echo/{name}`. */
  forget(name: string): void;
  /**
   * The HTML that is served at every other path. `/dist/` serves the scripts of `dist/`, and
   * `/seen/{name}` answers `true` if a request to `/echo/{name}` has come.
   */
  html: string;
  stop(): Promise<void>;
}

/** Starts a recorder. Every `*.example` host is its own. */
export async function startRecorder(scheme: Scheme): Promise<Recorder> {
  const seen: Received[] = [];
  const answer = (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ) => {
    const url = new URL(request.url ?? "/", "http://any.example");
    response.sendDate = false;
    if (/^\/dist\/[\w./-]+\.js$/.test(url.pathname)) {
      response.setHeader("content-type", "text/javascript; charset=utf-8");
      return void response.end(readFileSync(`${ROOT}${url.pathname}`));
    }
    if (url.pathname.startsWith("/seen/")) {
      return void response.end(String(recorder.received(url.pathname.slice("/seen/".length)).length > 0));
    }
    if (!url.pathname.startsWith("/echo/")) {
      response.setHeader("content-type", "text/html; charset=utf-8");
      return void response.end(recorder.html);
    }
    const raw = request.rawHeaders;
    const received: Received = {
      method: request.method ?? "",
      host: request.headers.host ?? request.headers[":authority"]?.toString() ?? "",
      url: request.url ?? "",
      // HTTP/2 has method, path and host among the headers, with a colon before the name.
      headers: raw.flatMap((name, at): [string, string][] =>
        at % 2 === 1 || name.startsWith(":") ? [] : [[name, raw[at + 1] ?? ""]],
      ),
      body: "",
    };
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (received.body += chunk));
    let written = false;
    const write = () => {
      if (!written) seen.push(received);
      written = true;
    };
    request.on("close", write);
    request.on("end", () => {
      write();
      for (const [name, value] of Object.entries(cors(request))) response.setHeader(name, value);
      const query = url.searchParams;
      if (request.method === "OPTIONS") {
        response.statusCode = 204;
        return void response.end();
      }
      if (query.has("close")) {
        // The browser does not repeat a request whose answer has begun.
        if (scheme === "http") request.socket.write("HTTP/1.1 200 OK\r\n");
        return void request.socket.destroy();
      }
      // The request stays open until the page breaks it off or the test ends.
      if (query.has("slow")) return;
      const target = query.get("redirect");
      response.statusCode = Number(query.get("status") ?? (target === null ? 200 : 302));
      if (target !== null) response.setHeader("location", target);
      response.setHeader("content-type", query.has("json") ? "application/json" : "text/plain");
      response.setHeader("x-answer", "1");
      if (query.has("begin")) return void (response as ServerResponse).write("and never an end");
      (response as ServerResponse).end(
        response.statusCode === 204 ? "" : query.has("json") ? '{"n":1}' : "answer",
      );
    });
  };

  const pem = readFileSync(new URL("../../support/loopback.pem", import.meta.url));
  const server =
    scheme === "http"
      ? createServer(answer)
      : createSecureServer({ key: pem, cert: pem, allowHTTP1: true }, answer);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const sockets = new Set<{ destroy(): void }>();
  server.on(scheme === "http" ? "connection" : "secureConnection", (socket: { destroy(): void }) =>
    sockets.add(socket),
  );

  const recorder: Recorder = {
    scheme,
    at: (host, path) => `${scheme}://${host}:${port}${path}`,
    received: (name) => seen.filter(({ url }) => url.split("?")[0] === `/echo/${name}`),
    forget(name) {
      for (const each of recorder.received(name)) seen.splice(seen.indexOf(each), 1);
    },
    html: "",
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
  return recorder;
}

/**
 * Returns headers that permit any page and any header; with `refuse` in the query, any page and no header. The
 * preflights themselves are recorded, too.
 */
function cors(request: IncomingMessage | Http2ServerRequest): Record<string, string> {
  const { origin } = request.headers;
  if (/[?&]refuse\b/.test(request.url ?? "")) return { "access-control-allow-origin": "*" };
  const headers = request.headers["access-control-request-headers"];
  const method = request.headers["access-control-request-method"];
  return {
    ...(origin !== undefined && {
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "x-answer",
      "access-control-max-age": "0",
    }),
    ...(headers !== undefined && { "access-control-allow-headers": headers.toString() }),
    ...(method !== undefined && { "access-control-allow-methods": method.toString() }),
  };
}
