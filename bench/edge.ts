// How many requests a second the worker takes, beside three others on the same machine in the same
// run: one that does nothing, one that only passes the body on, one that writes each event by itself.
// Rounds are interleaved, so that what else the machine does falls on all of them alike.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { edge } from "../src/shell/testing/services.ts";
import { type Service, startWorkerd } from "../src/shell/serve/workerd.ts";

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
const DATASET = "1234567890";
const ORIGIN = "https://shop.example";
const KEY = "bench-key-0123456789abcdef0123456789abcdef";

const state = mkdtempSync(join(tmpdir(), "capi-bridge-bench-"));
const bench = (name: string, rest: Partial<Service> = {}): Service => ({
  name,
  folder: join(process.cwd(), "bench/edge", name),
  ...rest,
});
const configuration = { datasets: [DATASET], allowedOrigins: [ORIGIN], holdSeconds: 3600 };
/** In a process of its own: what Meta does costs the workers nothing. */
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

let made = 0;
const body = () =>
  JSON.stringify({
    data: [
      {
        event_name: "Purchase",
        event_time: Math.floor(Date.now() / 1000),
        event_id: `bench-${process.pid}-${(made += 1)}`,
        event_source_url: "https://shop.example/thanks?order=1001",
        action_source: "website",
        user_data: { fbp: "fb.1.1596403881668.1116446470", em: "jane@example.com", ph: "+49 151 12345678" },
        custom_data: { value: 59.9, currency: "EUR", contents: [{ id: "SKU-1", quantity: 1 }] },
      },
    ],
  });

/** Processor time of workerd so far, in clock ticks of 10 ms; Linux alone says it. */
function ticks(): number {
  const stat = `/proc/${workerd.pid}/stat`;
  if (!existsSync(stat)) return Number.NaN;
  const fields = readFileSync(stat, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

interface Measured {
  perSecond: number;
  /** Microseconds of workerd's processor time per request. */
  processor: number;
}

/** Requests answered as they should be within some seconds, over connections that stay open. */
async function load(url: string, seconds: number): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const { hostname, port, pathname } = new URL(url);
  const end = Date.now() + seconds * 1000;
  let answered = 0;
  const post = () =>
    new Promise<void>((done, fail) => {
      const text = body();
      const headers = {
        origin: ORIGIN,
        "user-agent": "Mozilla/5.0 (Bench)",
        cookie: "_fbp=fb.1.1596403881668.1116446470",
        "content-length": Buffer.byteLength(text),
      };
      request({ agent, hostname, port, path: pathname, method: "POST", headers }, (response) => {
        response.resume();
        response.on("end", () => {
          const { statusCode = 0 } = response;
          if (statusCode !== 202 && statusCode !== 200) fail(new Error(`${url}: ${statusCode}`));
          answered += 1;
          done();
        });
      })
        .on("error", fail)
        .end(text);
    });
  const connection = async () => {
    while (Date.now() < end) await post();
  };
  const [from, ticksBefore] = [process.hrtime.bigint(), ticks()];
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  agent.destroy();
  const elapsed = Number(process.hrtime.bigint() - from) / 1e9;
  return { perSecond: answered / elapsed, processor: ((ticks() - ticksBefore) * 10_000) / answered };
}

const paths: Record<string, string> = {
  empty: "/",
  "pass-through": "/",
  "one-call-per-event": "/",
  edge: "/bridge/events",
};
const measured = new Map<string, Measured[]>(Object.keys(paths).map((name) => [name, []]));
for (const [name, path] of Object.entries(paths)) await load(workerd.urls[name] + path, 1);
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, path] of Object.entries(paths)) {
    measured.get(name)?.push(await load(workerd.urls[name] + path, SECONDS));
  }
}
const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
const of = (name: string, what: keyof Measured) => median((measured.get(name) ?? []).map((one) => one[what]));

const headers = { authorization: `Bearer ${KEY}` };
const status = (await (await fetch(`${workerd.urls["edge"]}/bridge/status`, { headers })).json()) as {
  datasets: { totals: { accepted: number; writes: number } }[];
};
const { accepted = 0, writes = 0 } = status.datasets[0]?.totals ?? {};
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
const times = (name: string) => {
  const bySecond = of("edge", "perSecond") / of(name, "perSecond");
  const byProcessor = of(name, "processor") / of("edge", "processor");
  return `${bySecond.toFixed(2)} (by processor time ${byProcessor.toFixed(2)})`;
};
console.log(`\nthe edge worker is as fast as`);
for (const name of ["pass-through", "one-call-per-event", "empty"])
  console.log(`  ${name}  × ${times(name)}`);

// An event: a row in the outbox and one in the memory of 48 hours, each deleted later. A call: the
// totals and the alarm.
const calls = writes / accepted;
const rows = 4 + 2 * calls;
console.log(
  `\nDurable Object calls per event ${calls.toFixed(3)}, rows written per event ${rows.toFixed(2)}`,
);
