// The worker for many minutes at the highest rate that the machine sustains, with Meta away for a sixth of the time. Is
// its memory flat, does the status stay quick, is nothing lost?

import { parseArgs } from "node:util";
import { load, quantile, residentMegabytes } from "./load.ts";
import { bridge, eventually, pause, scratch, startMeta } from "./servers.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    connections: { type: "string", default: "64" },
    "per-second": { type: "string" },
  },
});
const MINUTES = Number(values.minutes);
const CONNECTIONS = Number(values.connections);
/** Requests a second; without it as many as the worker answers. */
const PER_SECOND = values["per-second"] === undefined ? {} : { perSecond: Number(values["per-second"]) };
const SECONDS_A_SAMPLE = 10;
const STATUS_EVERY_MILLIS = 200;
/** The status of a worker that has just started is measured by itself. */
const START_MILLIS = 5_000;
const META_MILLIS = 50;
/** The share of the time that Meta is away: ten minutes of an hour. It begins after a third. */
const AWAY_SHARE = 1 / 6;
/** After the load, Meta has all events within this share of its time, or a minute. */
const SETTLED_SHARE = 1 / 2;

const meta = await startMeta(META_MILLIS);
const running = await bridge({ holdSeconds: 1 }).start(meta.url, scratch(), 0);
const statusMillis: number[] = [];
const statusMillisAtStart: number[] = [];
const began = performance.now();
let statusFailures = 0;
let isOver = false;

/** Asks for the status all the time, as a monitor does. */
async function watch(): Promise<void> {
  while (!isOver) {
    const asked = performance.now();
    const times = asked - began < START_MILLIS ? statusMillisAtStart : statusMillis;
    try {
      await running.dataset();
      times.push(performance.now() - asked);
    } catch {
      statusFailures += 1;
    }
    await pause(STATUS_EVERY_MILLIS);
  }
}
const watching = watch();

/** All the numbers of these, one after the other. */
function joined(parts: Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const end = Date.now() + MINUTES * 60_000;
const awayFrom = Date.now() + (MINUTES * 60_000) / 3;
/** Ids and times of each sample. As plain bytes: millions of objects would make this program's own pauses long. */
const accepted: Buffer[] = [];
const postMillis: Float64Array[] = [];
const megabytes: number[] = [];
let [posted, failed, isAway, seconds] = [0, 0, false, 0];
const cells = (...texts: string[]) => console.log(texts.map((text) => text.padStart(16)).join(""));
cells("minute", "requests/s", "p99, ms", "waiting", "memory, MB", "Meta");
while (Date.now() < end) {
  if (!isAway && Date.now() >= awayFrom) {
    isAway = true;
    await meta.away(MINUTES * 60_000 * AWAY_SHARE);
  }
  const one = await load(running.url, {
    seconds: Math.min(SECONDS_A_SAMPLE, Math.max(1, (end - Date.now()) / 1000)),
    connections: CONNECTIONS,
    ...PER_SECOND,
    failuresAllowed: true,
  });
  accepted.push(Buffer.from(one.accepted.join("\n")));
  postMillis.push(Float64Array.from(one.millis));
  posted += one.accepted.length;
  failed += one.failed;
  seconds += one.seconds;
  megabytes.push(residentMegabytes(running.pid));
  const depth = (await running.dataset().catch(() => undefined))?.depth ?? Number.NaN;
  const away = isAway && Date.now() < awayFrom + MINUTES * 60_000 * AWAY_SHARE;
  cells(
    (seconds / 60).toFixed(1),
    (one.answered / one.seconds).toFixed(0),
    quantile(one.millis, 0.99).toFixed(0),
    String(depth),
    (megabytes.at(-1) ?? Number.NaN).toFixed(0),
    away ? "away" : "",
  );
}
const isSettled = await eventually(
  async () => (await running.dataset())?.depth === 0,
  Math.max(60_000, MINUTES * 60_000 * SETTLED_SHARE),
);
isOver = true;
await watching;
const dataset = await running.dataset();
let lost = 0;
// In parts: the stand-in reads each request whole.
for (const ids of accepted) lost += await meta.missing(ids.toString().split("\n").filter(Boolean));
const { events, copies, requests } = await meta.report();
await running.stop("SIGTERM");
await meta.stop();

const allPostMillis = joined(postMillis);
const mean = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0) / numbers.length;
const third = Math.max(1, Math.floor(megabytes.length / 3));
const [first, middle, last] = [
  megabytes.slice(0, third),
  megabytes.slice(third, -third),
  megabytes.slice(-third),
];
console.log(`
${posted} events accepted in ${(seconds / 60).toFixed(1)} minutes (${(posted / seconds).toFixed(0)} a second), ${failed} requests not accepted
posts      p50 ${quantile(allPostMillis, 0.5).toFixed(0)} ms, p99 ${quantile(allPostMillis, 0.99).toFixed(0)} ms
memory     MB: first third ${mean(first).toFixed(0)}, second ${mean(middle).toFixed(0)}, last ${mean(last).toFixed(0)}, most ${Math.max(...megabytes).toFixed(0)}
status     p50 ${quantile(statusMillis, 0.5).toFixed(1)} ms, p99 ${quantile(statusMillis, 0.99).toFixed(1)} ms, max ${Math.max(...statusMillis).toFixed(1)} ms of ${statusMillis.length}, ${statusFailures} without an answer; max of the first ${START_MILLIS / 1000} s ${Math.max(...statusMillisAtStart).toFixed(0)} ms
at Meta    ${events} events in ${requests} requests, ${copies - events} of them sent twice; ${dataset?.quarantined ?? "?"} in quarantine, ${dataset?.depth ?? "?"} waiting
lost       ${lost}`);
if (lost > 0 || !isSettled) process.exitCode = 1;
