// Measures how many requests a second the worker takes, beside three others on the same machine in the same
// run: one does nothing, one only passes the body on, one writes each event by itself. Then compares it with
// servers that a shop may choose instead (`beside.ts`). Rounds are in turns: other load of the machine slows
// all of them alike.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { edge } from "../src/shell/testing/services.ts";
import { type Service, startWorkerd } from "../src/shell/serve/workerd.ts";
import { beside, type Rows } from "./beside.ts";
import { DATASET, ORIGIN, load, processorMicros } from "./load.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "64" },
  },
});
const [SECONDS, ROUNDS, CONNECTIONS] = [
  Number(values.seconds),
  Number(values.rounds),
  Number(values.connections),
];
const KEY = "bench-key-0123456789abcdef0123456789abcdef";

const state = mkdtempSync(join(tmpdir(), "capi-bridge-bench-"));
const bench = (name: string, rest: Partial<Service> = {}): Service => ({
  name,
  folder: join(process.cwd(), "bench/edge", name),
  ...rest,
});
const configuration = { datasets: [DATASET], allowedOrigins: [ORIGIN], holdSeconds: 3600 };
/** The stand-in for Meta, in a process of its own, so that its work costs the workers nothing. */
const meta = await startWorkerd({
  services: [bench("meta")],
  ports: { meta: 0 },
  state: mkdtempSync(join(tmpdir(), "capi-bridge-bench-")),
});
const workerd = await startWorkerd({
  services: [
    bench("empty"),
    bench("pass-through", { bindings: { META_URL: { text: meta.urls["meta"] ?? "" } } }),
    bench("one-call-per-event", {
      bindings: { EVENTS: { durableObject: "Events" } },
      durableObjects: ["Events"],
    }),
    edge(process.cwd(), configuration),
  ],
  ports: { empty: 0, "pass-through": 0, "one-call-per-event": 0, edge: 0 },
  state,
  environment: { META_ACCESS_TOKEN: "token", BRIDGE_KEY: KEY },
});

interface Measured {
  perSecond: number;
  /** Microseconds of workerd's processor time per request. */
  processor: number;
}

async function measure(url: string, forSeconds: number): Promise<Measured> {
  const before = processorMicros(workerd.pid);
  const { answered, seconds } = await load(url, { seconds: forSeconds, connections: CONNECTIONS });
  return {
    perSecond: answered / seconds,
    processor: (processorMicros(workerd.pid) - before) / answered,
  };
}

const paths: Record<string, string> = {
  empty: "/",
  "pass-through": "/",
  "one-call-per-event": "/",
  edge: "/bridge/events",
};
const measured = new Map<string, Measured[]>(Object.keys(paths).map((name) => [name, []]));
for (const [name, path] of Object.entries(paths)) await measure(workerd.urls[name] + path, 1);
for (let round = 0; round < ROUNDS; round++) {
  console.error(`round ${round + 1} of ${ROUNDS}`);
  for (const [name, path] of Object.entries(paths)) {
    measured.get(name)?.push(await measure(workerd.urls[name] + path, SECONDS));
  }
}
const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
const of = (name: string, what: keyof Measured) => median((measured.get(name) ?? []).map((one) => one[what]));

await workerd.stop();
await meta.stop();
rmSync(state, { recursive: true, force: true });

console.log(`\none event a request, ${CONNECTIONS} connections, medians of ${ROUNDS} rounds\n`);
console.log(`${"".padEnd(20)}${"requests a second".padStart(20)}${"processor, µs each".padStart(22)}`);
for (const [name, all] of measured) {
  const [least, most] = [Math.min, Math.max].map((pick) =>
    Math.round(pick(...all.map((one) => one.perSecond))),
  );
  const perSecond = `${Math.round(of(name, "perSecond"))} (${least}–${most})`;
  console.log(`${name.padEnd(20)}${perSecond.padStart(20)}${of(name, "processor").toFixed(0).padStart(22)}`);
}
console.log(`\nthe edge worker is as fast as`);
for (const [name, aim] of [
  ["pass-through", 1],
  ["one-call-per-event", 2.5],
  ["empty", 0.5],
] as const) {
  const bySecond = of("edge", "perSecond") / of(name, "perSecond");
  const byProcessor = of(name, "processor") / of("edge", "processor");
  console.log(
    `  ${name.padEnd(20)}× ${bySecond.toFixed(2)} (by processor time ${byProcessor.toFixed(2)}), aim ${aim}`,
  );
}

const { underLoad, quiet, requestsUnderLoad, requestsQuiet } = await beside(ROUNDS, SECONDS, CONNECTIONS);
console.log(
  `\nDurable Object calls per event ${underLoad.calls.toFixed(3)}, rows written per event ${underLoad.rows.toFixed(2)}`,
);
console.log(`on a quiet site (0.4 events a second)  rows per event ${quiet.rows.toFixed(2)}`);
if (!underLoad.isCounted) console.log("  rows by a formula: this version does not count them");

/**
 * Cloudflare's public prices beyond what the paid plan includes, in US dollars a million:
 * developers.cloudflare.com/workers/platform/pricing and …/durable-objects/platform/pricing, as of 2026.
 */
const PRICES = {
  requests: 0.3,
  processorMillis: 0.02,
  objectRequests: 0.15,
  rowsWritten: 1,
  gbSeconds: 12.5,
};
/** The memory for which a Durable Object is billed while it works, in GB. */
const OBJECT_GB = 0.128;
/** The time that a single call or alarm keeps the object, in seconds. It is an assumption. */
const SECONDS_A_CALL = 0.01;

/**
 * Returns the cost of a million events, by the calls, rows and requests to Meta of one. Each request has an
 * alarm.
 */
function price({ calls, rows }: Rows, requests: number): string {
  const parts = {
    "requests to the worker": PRICES.requests,
    "its processor time": (of("edge", "processor") / 1000) * PRICES.processorMillis,
    "calls and alarms of the outbox": (calls + requests) * PRICES.objectRequests,
    "rows written": rows * PRICES.rowsWritten,
    "time of the outbox": (calls + requests) * SECONDS_A_CALL * OBJECT_GB * PRICES.gbSeconds,
  };
  const sum = Object.values(parts).reduce((all, one) => all + one, 0);
  const list = Object.entries(parts).map(([what, dollars]) => `${what} ${dollars.toFixed(2)}`);
  return `$${sum.toFixed(2)} (${list.join(", ")})`;
}
console.log(`a million events, one a request, at Cloudflare's public prices beyond what its plan includes:`);
console.log(`  under load         ${price(underLoad, requestsUnderLoad)}`);
console.log(`  on a quiet site    ${price(quiet, requestsQuiet)}`);
