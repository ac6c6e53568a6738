// The origin server of a site's documents, and a browser's request for a document.

import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** The headers that a browser sends when it opens a document. */
export const NAVIGATION = {
  accept: "text/html,application/xhtml+xml,*/*;q=0.8",
  "sec-fetch-dest": "document",
  "sec-fetch-mode": "navigate",
};

/** A running origin. */
export type Origin = Awaited<ReturnType<typeof startOrigin>>;

/** Starts a server that answers by path and keeps its requests. */
export async function startOrigin(
  answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void>,
) {
  const requests: { method?: string | undefined; url?: string | undefined; headers: IncomingHttpHeaders }[] =
    [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    requests.push({ method, url, headers });
    const answer = answers[(url ?? "").split("?")[0] ?? ""];
    if (answer === undefined) response.writeHead(404, { "content-type": "text/plain" }).end("no such page");
    else answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    requests,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Sends a browser's request with another `host` header. Does not follow redirects. */
export async function browse(
  url: string,
  headers: Record<string, string | string[]> = NAVIGATION,
  host = "www.shop.example",
  options: { method?: string; body?: string } = {},
) {
  const response = await new Promise<IncomingMessage>((done, fail) => {
    request(url, { method: options.method ?? "GET", headers: { host, ...headers } }, done)
      .on("error", fail)
      .end(options.body);
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    cookies: response.headers["set-cookie"] ?? [],
    body: await buffer(response),
  };
}
