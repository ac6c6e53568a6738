// Serves the shop: its pages, and a back end that takes orders.

import { serveAsset } from "../assets.ts";
import { api, type ApiEnv } from "./back-end/api.ts";

interface Env extends ApiEnv {
  /** The files of the pages. */
  ASSETS: { fetch(request: Request): Promise<Response> };
  /** The sandbox's address for a browser. */
  SANDBOX_URL?: string;
}

/** The addresses of the thank-you page in shops of WooCommerce and of Shopify. */
const THANKS = /^\/(checkout\/order-received\/\d+\/?|checkouts\/cn\/\w+\/thank-you)$/;

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const answer = await api(request, env, context);
    if (answer !== undefined) return answer;
    const url = new URL(request.url);
    const isThanks = THANKS.test(url.pathname);
    const asked = isThanks ? new Request(new URL("/thanks.html", url), { method: request.method }) : request;
    return page(await serveAsset(env.ASSETS, asked), env.SANDBOX_URL ?? "");
  },
};

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
