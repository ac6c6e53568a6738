// Measures what a replay costs the pages that post meanwhile. SQL fills the quarantine, in the tables of the
// real outbox, because Meta's stand-in rejects nothing. The replay, the posts and the sending are the real
// ones.

import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildSync } from "esbuild";
import { DATASET, load, quantile, residentMegabytes } from "./load.ts";
import { bridge, eventually, KEY, pause, scratch, startMeta } from "./servers.ts";

const { values } = parseArgs({ options: { events: { type: "string", default: "500000" } } });
const EVENTS = Number(values.events);
const DELIVERED_WITHIN_MILLIS = 300_000;
const POST_EVERY_MILLIS = 20;
const STATUS_EVERY_MILLIS = 250;

/** The worker as it is built, with an outbox that can fill its quarantine. */
const WORKER = `
import bridge, { Control, Outbox as Real } from "./dist/edge/worker.js";
export { Control };
export class Outbox extends Real {
  fill(events) {
    const now = Date.now();
    const text = '{"event_name":"Purchase","event_time":' + Math.floor(now / 1000) +
      ',"action_source":"website","custom_data":{"value":59.9,"currency":"EUR"},"event_id":"replay-';
    this.ctx.storage.sql.exec(
      \`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
       INSERT INTO quarantine (id, trust, event, main_body, send_before, refusal, since_millis)
       SELECT i, i % 2, ?2 || i || '","user_data":{"client_ip_address":"8.8.4.4","client_user_agent":"Mozilla/5.0"}}',
         '', ?3, '{}', ?4 FROM n\`,
      events, text, Math.floor(now / 1000) + 86_400, now);
  }
}
export default {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/fill") return bridge.fetch(request, env, context);
    const outbox = env.OUTBOX.get(env.OUTBOX.idFromName("${DATASET}"));
    await outbox.status("${DATASET}", 0);
    await outbox.fill(Number(searchParams.get("events")));
    return new Response();
  },
};
`;

const folder = scratch();
buildSync({
  stdin: { contents: WORKER, resolveDir: process.cwd(), loader: "js" },
  bundle: true,
  format: "esm",
  external: ["cloudflare:workers", "*.wasm"],
  outfile: join(folder, "worker.js"),
  logLevel: "warning",
});
copyFileSync("dist/edge/edge_bg.wasm", join(folder, "edge_bg.wasm"));

const meta = await startMeta(20);
const running = await bridge({ maxQuarantinedEvents: EVENTS }, folder).start(meta.url, scratch(), 0);
const { origin } = new URL(running.url);
await load(running.url, { seconds: 2, connections: 8 });
await fetch(`${origin}/fill?events=${EVENTS}`, { method: "POST" });

const [posts, status]: [number[], number[]] = [[], []];
let isOver = false;
const posting = (async () => {
  while (!isOver) {
    const { millis, failed } = await load(running.url, { seconds: 0.001, connections: 1 });
    if (failed > 0) throw new Error("a page's post failed");
    posts.push(...millis);
    await pause(POST_EVERY_MILLIS);
  }
})();
const watching = (async () => {
  while (!isOver) {
    const began = performance.now();
    await running.dataset();
    status.push(performance.now() - began);
    await pause(STATUS_EVERY_MILLIS);
  }
})();
await pause(2_000);
const before = posts.splice(0);
status.splice(0);
const began = Date.now();
const headers = { authorization: `Bearer ${KEY}` };
const answer = await fetch(`${origin}/bridge/replay`, { method: "POST", headers });
const replayed = await answer.text();
const seconds = (Date.now() - began) / 1000;
const during = posts.splice(0);
const statusDuring = status.splice(0);
const isDelivered = await eventually(
  async () => ((await running.dataset())?.depth ?? 1) < 100,
  DELIVERED_WITHIN_MILLIS,
);
const delivered = (Date.now() - began) / 1000;
isOver = true;
await Promise.all([posting, watching]);
const line = (what: string, millis: number[]) =>
  console.log(
    `${what.padEnd(36)} p50 ${quantile(millis, 0.5).toFixed(1)} ms, p99 ${quantile(millis, 0.99).toFixed(1)} ms, max ${Math.max(...millis).toFixed(1)} ms of ${millis.length}`,
  );
console.log(`${EVENTS} events replayed in ${seconds.toFixed(1)} s: ${replayed}`);
line("a page's post before it", before);
line("a page's post during it", during);
line("a page's post while they are sent", posts);
line("the status during it", statusDuring);
console.log(
  `${isDelivered ? "all" : "NOT all"} at Meta ${delivered.toFixed(0)} s after the start, ${residentMegabytes(running.pid).toFixed(0)} MB`,
);
await running.stop("SIGTERM");
await meta.stop();
if (!isDelivered) process.exitCode = 1;
