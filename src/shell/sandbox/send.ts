// Sends an answer with Node, late, slowly or not at all if a fault asks for it.

import type { ServerResponse } from "node:http";
import type { Decided } from "./answer.ts";

/** The number of pieces of a slow body. */
const PIECES = 10;

/** Sends an answer. Does nothing more once the client has left. */
export function send(response: ServerResponse, decided: Decided): void {
  if (decided.delayMillis > 0) later(response, decided.delayMillis, () => now(response, decided));
  else now(response, decided);
}

function now(response: ServerResponse, { status, headers, body, bodyMillis, resets }: Decided): void {
  if (resets) {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(status, [...headers, ["content-length", String(body.length)]].flat());
  if (bodyMillis === 0) {
    response.end(body);
    return;
  }
  response.flushHeaders();
  const length = Math.max(1, Math.ceil(body.length / PIECES));
  const next = (at: number) => {
    if (at >= body.length) {
      response.end();
      return;
    }
    response.write(body.subarray(at, at + length));
    later(response, bodyMillis / PIECES, () => next(at + length));
  };
  later(response, bodyMillis / PIECES, () => next(0));
}

/** Calls `use` after a time, unless the client has left. */
function later(response: ServerResponse, millis: number, use: () => void): void {
  const timer = setTimeout(() => {
    response.off("close", cancel);
    use();
  }, millis);
  const cancel = () => clearTimeout(timer);
  response.once("close", cancel);
}
