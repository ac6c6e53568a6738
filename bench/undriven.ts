// Times the start in a Chromium that no test program drives. In a driven one each read of cookies also notes
// the script's place, which no visitor's browser does. Here the pages time themselves, and report to a
// server.

import { chromium } from "@playwright/test";
import { readFileSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { startProgram } from "../tests/support/browsers/program.ts";
import { eventually } from "../tests/support/eventually.ts";
import { startOrigin } from "../tests/support/origin.ts";
import { scratch } from "../tests/support/sandbox.ts";
import { spread, type Timing } from "./rounds.ts";

/** Runs the script as an inline tag does, says how long it took, and goes where the server says. */
const PAGE = `<!doctype html><script>
  const queue = [];
  window.fbq = Object.assign((...call) => void (queue[0] = call), { queue });
  const settled = () => new Promise((done) => setTimeout(done, 200));
  (async () => {
    const script = await (await fetch("/script")).text();
    await settled();
    const tag = document.createElement("script");
    tag.textContent = script;
    const start = performance.now();
    document.documentElement.append(tag);
    const ready = !!capiBridge.identifiers().fbp;
    const millis = performance.now() - start;
    await settled();
    const body = JSON.stringify({ millis, ready });
    location.href = await (await fetch("/told", { method: "POST", body })).text();
  })();
</script>`;
/** Start to ready in milliseconds, of a visitor who was never here, and on that visitor's next page. */
export async function startAlone(
  visitors: number,
  program?: string,
): Promise<[first: Timing, again: Timing]> {
  const views: number[] = [];
  let failure: Error | undefined;
  // A site of its own for each visitor has neither cookies nor a process that knows the script.
  const address = () => {
    const [visitor, again] = [views.length >> 1, views.length % 2];
    const site = pages.url.replace("127.0.0.1", `www.shop${visitor}.localhost`);
    return `${site}/page?${again === 1 ? "" : "fbclid=Bench_1"}`;
  };
  const file = (path: string, type: string) => (_: unknown, response: ServerResponse) =>
    void response.setHeader("content-type", `${type}; charset=utf-8`).end(readFileSync(path));
  const pages = await startOrigin({
    "/page": (_, response) => void response.setHeader("content-type", "text/html; charset=utf-8").end(PAGE),
    "/script": file("dist/capi-bridge.js", "text/plain"),
    "/bridge/capi-bridge-deferred.js": file("dist/capi-bridge-deferred.js", "text/javascript"),
    "/bridge/events": (_, response) => response.writeHead(202).end(),
    "/told": (request, response) =>
      void text(request).then((body) => {
        const { millis, ready } = JSON.parse(body) as { millis: number; ready: boolean };
        if (!ready) failure = new Error("the bridge did not start");
        views.push(millis);
        response.end(views.length < 2 * visitors ? address() : "about:blank");
      }),
  });
  const profile = scratch("undriven");
  const browser = startProgram(program ?? chromium.executablePath(), [
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    `--user-data-dir=${profile}`,
    address(),
  ]);
  try {
    await eventually(
      "all starts",
      async () => (failure === undefined && views.length < 2 * visitors ? undefined : true),
      visitors * 5_000,
    );
    if (failure) throw failure;
  } finally {
    await browser.stop();
    await pages.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  return [0, 1].map((half) => spread(views.filter((_, at) => at % 2 === half))) as [Timing, Timing];
}
