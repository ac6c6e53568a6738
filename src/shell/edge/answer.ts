// JSON answers.

import type { Answer } from "#wasm/edge";

/** Headers by name, in pairs. */
export type HeaderPairs = Answer["headers"];

/** Returns a JSON answer that must not be cached. */
export function json(status: number, body: unknown, headers: HeaderPairs = []): Response {
  return ofText(status, JSON.stringify(body), headers);
}

/** Converts an answer of the relay. */
export function answer({ status, headers, body }: Answer): Response {
  return body === null ? new Response(null, { status, headers }) : ofText(status, body, headers);
}

function ofText(status: number, body: string, headers: HeaderPairs): Response {
  return new Response(body, {
    status,
    headers: [["content-type", "application/json; charset=utf-8"], ["cache-control", "no-store"], ...headers],
  });
}
