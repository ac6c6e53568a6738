// Minutes under load, events delivered all the while: does the worker's memory stay flat?

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { edge } from "../src/shell/testing/services.ts";
import { startWorkerd } from "../src/shell/serve/workerd.ts";
import { DATASET, ORIGIN, load, residentMegabytes } from "./load.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    connections: { type: "string", default: "64" },
  },
});
const MINUTES = Number(values.minutes);
const SECONDS_A_SAMPLE = 10;
const KEY = "bench-key-0123456789abcdef0123456789abcdef";

const folder = () => mkdtempSync(join(tmpdir(), "capi-bridge-bench-"));
const [state, metaState] = [folder(), folder()];
const meta = await startWorkerd({
  services: [{ name: "meta", folder: join(process.cwd(), "bench/edge/meta") }],
  ports: { meta: 0 },
  state: metaState,
});
const workerd = await startWorkerd({
  services: [
    edge(process.cwd(), {
      datasets: [DATASET],
      allowedOrigins: [ORIGIN],
      holdSeconds: 1,
      graphUrl: meta.urls["meta"],
    }),
  ],
  ports: { edge: 0 },
  state,
  environment: { META_ACCESS_TOKEN: "token", BRIDGE_KEY: KEY },
});

const samples: number[] = [];
let answered = 0;
console.log(`${"minute".padStart(8)}${"requests a second".padStart(20)}${"memory, MB".padStart(14)}`);
for (let sample = 1; sample * SECONDS_A_SAMPLE <= MINUTES * 60; sample++) {
  const one = await load(
    `${workerd.urls["edge"]}/bridge/events`,
    SECONDS_A_SAMPLE,
    Number(values.connections),
  );
  answered += one.answered;
  const megabytes = residentMegabytes(workerd.pid);
  samples.push(megabytes);
  const columns = [(sample * SECONDS_A_SAMPLE) / 60, one.answered / one.seconds, megabytes];
  const [minute, perSecond, memory] = columns.map((number, at) => number.toFixed(at === 1 ? 0 : 1));
  console.log(`${minute?.padStart(8)}${perSecond?.padStart(20)}${memory?.padStart(14)}`);
}

const headers = { authorization: `Bearer ${KEY}` };
const status = (await (await fetch(`${workerd.urls["edge"]}/bridge/status`, { headers })).json()) as {
  datasets: { depth: number; totals: { accepted: number; delivered: number } }[];
};
const { depth = 0, totals } = status.datasets[0] ?? {};
await workerd.stop();
await meta.stop();
for (const path of [state, metaState]) rmSync(path, { recursive: true, force: true });

const mean = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0) / numbers.length;
const third = Math.max(1, Math.floor(samples.length / 3));
const [first, middle, last] = [samples.slice(0, third), samples.slice(third, -third), samples.slice(-third)];
console.log(
  `\n${answered} events in ${MINUTES} minutes, ${totals?.delivered ?? 0} delivered by then, ${depth} waiting`,
);
console.log(
  `memory, MB: first third ${mean(first).toFixed(0)}, second ${mean(middle).toFixed(0)}, last ${mean(last).toFixed(0)}, most ${Math.max(...samples).toFixed(0)}`,
);
