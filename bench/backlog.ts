// Measures the cost of a backlog: the time of the status and of a page's post with an empty outbox, and with
// many events waiting.

import { parseArgs } from "node:util";
import { load, ORIGIN, quantile, residentMegabytes } from "./load.ts";
import { bridge, KEY, pause, scratch, type Started, startMeta } from "./servers.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "1000000" },
  },
});
const EVENTS = Number(values.events);
const EVENTS_A_POST = 1000;
const LOOKS = 60;

const meta = await startMeta(5);
let made = 0;

/** Posts events as a server, a thousand a request. */
async function fill(running: Started, number: number, name: string): Promise<void> {
  const post = async () => {
    while (made < number) {
      const event_time = Math.floor(Date.now() / 1000);
      const data = Array.from({ length: EVENTS_A_POST }, () => ({
        event_name: name,
        event_time,
        event_id: `backlog-${(made += 1)}`,
        action_source: "email",
        user_data: { external_id: String(made) },
      }));
      const headers = { authorization: `Bearer ${KEY}`, origin: ORIGIN };
      const answer = await fetch(running.url, { method: "POST", headers, body: JSON.stringify({ data }) });
      if (answer.status === 202) continue;
      if (answer.status !== 503 && answer.status !== 429)
        throw new Error(`${answer.status} ${await answer.text()}`);
      await pause(1_000);
    }
  };
  await Promise.all([post(), post(), post(), post()]);
}

/** Returns the times of the status and of single posts of a page, in milliseconds. */
async function look(running: Started) {
  const [status, posts]: [number[], number[]] = [[], []];
  for (let at = 0; at < LOOKS; at++) {
    const began = performance.now();
    await running.dataset();
    status.push(performance.now() - began);
    posts.push(...(await load(running.url, { seconds: 0.001, connections: 1 })).millis);
  }
  return { status, posts };
}

const cells = (...texts: string[]) =>
  console.log(texts.map((text, at) => (at === 0 ? text.padEnd(30) : text.padStart(14))).join(""));
function tell(what: string, { status, posts }: { status: number[]; posts: number[] }, megabytes: number) {
  const shown = [quantile(status, 0.5), Math.max(...status), quantile(posts, 0.5), Math.max(...posts)];
  cells(what, ...shown.map((millis) => millis.toFixed(1)), megabytes.toFixed(0));
}

const running = await bridge({ holdSeconds: 3600 }).start(meta.url, scratch(), 0);
cells("", "status p50", "max, ms", "post p50", "max, ms", "memory, MB");
await load(running.url, { seconds: 2, connections: 8 });
tell("nearly empty", await look(running), residentMegabytes(running.pid));
const began = Date.now();
await fill(running, EVENTS, "Lead");
const seconds = (Date.now() - began) / 1000;
tell(`${EVENTS} events waiting`, await look(running), residentMegabytes(running.pid));
console.log(`filled in ${seconds.toFixed(0)} s, ${(EVENTS / seconds).toFixed(0)} events a second`);
await running.stop("SIGTERM");

await meta.stop();
