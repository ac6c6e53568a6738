// Serves the shop: its pages, and a back end that takes orders.

import { serveAsset } from "../assets.ts";
import { count, MAX_QUANTITY, readLines, totalCents } from "./model/lines.ts";
import type { OrderAnswer, OrderRequest } from "./model/order.ts";

interface Env {
  /** The files of the pages. */
  ASSETS: { fetch(request: Request): Promise<Response> };
  /** The sandbox's address for a browser. */
  SANDBOX_URL?: string;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (new URL(request.url).pathname === "/api/orders") return order(request);
    return page(await serveAsset(env.ASSETS, request), env.SANDBOX_URL ?? "");
  },
};

/** Takes an order: computes its total, and returns the identifiers that came with it. */
async function order(request: Request): Promise<Response> {
  if (request.method !== "POST") {
    return Response.json({ error: "expected POST" }, { status: 405, headers: { allow: "POST" } });
  }
  let sent: Partial<Record<keyof OrderRequest, unknown>> | null;
  try {
    sent = await request.json();
  } catch {
    return Response.json({ error: "the body: expected JSON" }, { status: 400 });
  }
  const lines = readLines(sent?.items);
  if (count(lines) === 0) {
    const error = `items: expected at least one { "id": "delta", "quantity": 1 to ${MAX_QUANTITY} }`;
    return Response.json({ error }, { status: 400 });
  }
  const answer: OrderAnswer = {
    order_id: nextOrderId(Date.now()),
    total: totalCents(lines) / 100,
    identifiers: {
      fbp: request.headers.get("x-capi-fbp"),
      fbc: request.headers.get("x-capi-fbc"),
      event_id: request.headers.get("x-capi-event-id"),
    },
  };
  return Response.json(answer, { status: 201, headers: { "cache-control": "no-store" } });
}

let lastOrder = 0;

/**
 * Returns the next order id. Ids rise and are never reused, even after a restart: Meta would treat the second
 * order as a duplicate.
 */
function nextOrderId(nowMillis: number): string {
  const seconds = Math.floor((nowMillis - Date.UTC(2026, 0, 1)) / 1000);
  lastOrder = Math.max(lastOrder + 1, seconds);
  return String(lastOrder);
}

/** Writes the sandbox's address into a page. */
async function page(response: Response, sandboxUrl: string): Promise<Response> {
  const isPage = response.headers.get("content-type")?.startsWith("text/html") === true;
  if (!isPage || response.body === null) return response;
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  const text = await response.text();
  const attribute = sandboxUrl.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return new Response(
    text.replaceAll("{{sandboxUrl}}", () => attribute),
    { status: response.status, headers },
  );
}
