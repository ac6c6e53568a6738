// A stand-in for Meta that answers what a test tells it to: headers, resets, slow and broken bodies.

import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  path: string;
  headers: IncomingMessage["headers"];
  body: { data: { event_id: string }[]; [key: string]: unknown };
}

/** Answers one request; what it does not do itself is a receipt. */
export type Behaviour = (request: Received, response: ServerResponse) => boolean | void;

/** A receipt, as Meta gives it. */
export function receipt({ body }: Received, response: ServerResponse, headers: Record<string, string> = {}) {
  response.writeHead(200, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ events_received: body.data.length, messages: [], fbtrace_id: "T" }));
}

/** An error object of the Graph API. */
export function graphError(response: ServerResponse, status: number, error: object, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(
    JSON.stringify({ error: { message: "m", type: "OAuthException", fbtrace_id: "T", ...error } }),
  );
}

/** Starts it. `behaviour` returns true when it has answered itself. */
export async function startMeta(behaviour: Behaviour = () => undefined) {
  const received: Received[] = [];
  let answers = behaviour;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Received["body"];
      const one = { path: request.url ?? "", headers: request.headers, body };
      received.push(one);
      if (answers(one, response) !== true) receipt(one, response);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    behave: (next: Behaviour) => void (answers = next),
    stop: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
