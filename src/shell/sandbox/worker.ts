// The sandbox in workerd: Meta's endpoints and its own API from WebAssembly, its page from files.

import module from "#wasm/sandbox_bg.wasm";
import { initSync } from "#wasm/sandbox";
import { serveAsset } from "../../../www/assets.ts";
import { Answering, type Decided, knows } from "./answer.ts";

interface Env {
  /** The files of the sandbox's page. */
  ASSETS: Fetcher;
}

initSync({ module });

/** The sandbox of this isolate. Its events are in memory and are lost when workerd ends. */
const answering = new Answering();

export default {
  async fetch(request, env): Promise<Response> {
    const url = new URL(request.url);
    const { method } = request;
    if ((method === "GET" || method === "HEAD") && !knows(url.pathname)) {
      return serveAsset(env.ASSETS, request);
    }
    const body = new Uint8Array(await request.arrayBuffer());
    const header = (name: string) => request.headers.get(name);
    const clientIp = header("cf-connecting-ip");
    const decided = answering.answer({ method, url, header, clientIp, body });
    if (decided.delayMillis > 0) await pause(decided.delayMillis);
    // A worker cannot reset a connection. An error here ends the request with status 500 and no answer of Meta's.
    if (decided.resets) throw new Error("The fault that was asked for: the connection ends.");
    return new Response(decided.body.length > 0 ? paced(decided) : null, decided);
  },
} satisfies ExportedHandler<Env>;

const pause = (millis: number) => new Promise<void>((done) => setTimeout(done, millis));

/** Returns the body, or a stream that sends its second half after the time. */
function paced({ body, bodyMillis }: Decided): Uint8Array<ArrayBuffer> | ReadableStream {
  if (bodyMillis === 0) return body;
  const half = Math.ceil(body.length / 2);
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(body.subarray(0, half));
      await pause(bodyMillis);
      controller.enqueue(body.subarray(half));
      controller.close();
    },
  });
}
