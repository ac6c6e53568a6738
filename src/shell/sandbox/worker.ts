// The sandbox in workerd: Meta's endpoints and its own API from WebAssembly, its page from files.

import module from "#wasm/sandbox_bg.wasm";
import { __wbg_reset_state, initSync, Sandbox } from "#wasm/sandbox";
import { guarded, Trap } from "../wasm/guard.ts";
import { serveAsset } from "../../../www/assets.ts";

interface Env {
  /** The files of the sandbox's page. */
  ASSETS: Fetcher;
}

initSync({ module });

/** The sandbox of this isolate. Its events are in memory and are lost when workerd ends. */
let sandbox = new Sandbox();

export default {
  async fetch(request, env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "GET" && !Sandbox.knows(pathname)) return serveAsset(env.ASSETS, request);
    const body = new Uint8Array(await request.arrayBuffer());
    try {
      return guarded(() => answer(request, body), renew);
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      const message = "The sandbox failed on this request and started over, empty.";
      return Response.json({ error: { message } }, { status: 500 });
    }
  },
} satisfies ExportedHandler<Env>;

function answer(request: Request, body: Uint8Array): Response {
  const { pathname, search } = new URL(request.url);
  const decided = sandbox.answer(
    Date.now(),
    {
      method: request.method,
      path: pathname,
      query: search.slice(1),
      authorization: request.headers.get("authorization"),
      contentType: request.headers.get("content-type"),
      userAgent: request.headers.get("user-agent"),
      clientIp: request.headers.get("cf-connecting-ip"),
    },
    body,
  );
  const { status, headers } = decided.head();
  const bytes = decided.intoBody();
  return new Response(bytes.length > 0 ? bytes : null, { status, headers });
}

/** Discards the module's state after a trap. */
function renew(): void {
  __wbg_reset_state();
  sandbox = new Sandbox();
}
