// JSON answers.

import type { Answer } from "#wasm/edge";

/** A JSON answer that nothing caches. */
export function json(status: number, body: unknown, headers?: HeadersInit): Response {
  const all = new Headers(headers);
  all.set("content-type", "application/json; charset=utf-8");
  all.set("cache-control", "no-store");
  return new Response(JSON.stringify(body), { status, headers: all });
}

/** An answer that the relay decided. */
export function answer({ status, headers, body }: Answer): Response {
  return body === null ? new Response(null, { status, headers }) : json(status, body, headers);
}
