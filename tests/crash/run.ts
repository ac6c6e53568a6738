// The crash test: under load, the worker is killed again and again while Meta fails in every way. At
// the end every accepted event is at Meta or in quarantine, and no event went out twice unless an
// answer of Meta was lost.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { edge as service } from "../../src/shell/testing/services.ts";
import { type Running, startWorkerd } from "../../src/shell/serve/workerd.ts";
import { seeded } from "../support/seeded.ts";
import { POISON, TIMEOUT_MILLIS, startFaultyMeta } from "./faulty-meta.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "100000" },
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    minutes: { type: "string", default: "30" },
  },
});
const [EVENTS, KILLS, SEED] = [Number(values.events), Number(values.kills), Number(values.seed)];
const END = Date.now() + Number(values.minutes) * 60_000;

/** Events from one kill to the next. */
const SPREAD = EVENTS / (KILLS + 1);
const CLIENTS = 8;
const EVENTS_PER_POST = 20;
const DATASETS = ["1000000001", "1000000002", "1000000003", "1000000004"];
const ORIGIN = "https://shop.example";
const KEY = "crash-test-key-0123456789abcdef0123456789";

// An interrupted run leaves no worker behind, because the worker ends with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const random = seeded(SEED);
const meta = await startFaultyMeta(random);
const state = mkdtempSync(join(tmpdir(), "capi-bridge-crash-"));
const started = Date.now();
const pause = (millis: number) => new Promise((done) => setTimeout(done, millis));

const configuration = {
  datasets: DATASETS,
  allowedOrigins: [ORIGIN],
  graphUrl: meta.url,
  holdSeconds: 0,
  timeoutMillis: TIMEOUT_MILLIS,
  retryAtMostSeconds: 1,
};
/** Starts the worker on a port that it chooses. */
async function start(): Promise<Running> {
  const running = await startWorkerd({
    services: [service(process.cwd(), configuration)],
    ports: { edge: 0 },
    state,
    environment: { META_ACCESS_TOKEN: "test-token", BRIDGE_KEY: KEY },
  });
  url = `${running.urls["edge"]}/bridge`;
  return running;
}
let url = "";
let worker = await start();

let made = 0;
let accepted = 0;
let unanswered = 0;
let killed = 0;

/** The headers of a page and of a server. Each of the two has its own lane in the outbox. */
const SENDERS: Record<string, string>[] = [
  { origin: ORIGIN, "user-agent": "Crash/1.0" },
  { authorization: `Bearer ${KEY}` },
];

/** Posts batch after batch. Posts the same ids again until the worker answers 202. */
async function client(_: unknown, number: number): Promise<void> {
  const headers = SENDERS[number % SENDERS.length] ?? {};
  while (made < EVENTS && Date.now() < END) {
    // Waits for the next kill, so that every kill happens under load.
    if (killed < KILLS && made > (killed + 1) * SPREAD) {
      await pause(10);
      continue;
    }
    const ids = Array.from({ length: Math.min(EVENTS_PER_POST, EVENTS - made) }, () => {
      made += 1;
      if (made % 1000 !== 0) return `event-${made}`;
      return made % 2000 === 0 ? `poison-silent-${made}` : `poison-${made}`;
    });
    const dataset_id = DATASETS[Math.floor(made / EVENTS_PER_POST) % DATASETS.length];
    const body = JSON.stringify({ dataset_id, data: ids.map(event) });
    while (Date.now() < END) {
      try {
        const response = await fetch(`${url}/events`, { method: "POST", headers, body });
        const answer = (await response.json()) as { events_received: number };
        if (response.status === 202 && answer.events_received === ids.length) break;
        throw new Error(`${response.status} ${JSON.stringify(answer)}`);
      } catch {
        unanswered += 1;
        await pause(100);
      }
    }
    accepted += ids.length;
  }
}

function event(id: string) {
  return {
    event_name: "Lead",
    event_time: Math.floor(Date.now() / 1000),
    event_id: id,
    event_source_url: "https://shop.example/",
    action_source: "website",
    user_data: { external_id: id, client_user_agent: "Crash/1.0" },
  };
}

/** Kills the worker at random times under load, until it was killed `KILLS` times. */
async function killer(): Promise<void> {
  while (killed < KILLS && Date.now() < END) {
    await pause(200 + random() * 3_000);
    while (made < EVENTS && made < (killed + random()) * SPREAD) await pause(10);
    const began = Date.now();
    await worker.stop("SIGKILL");
    meta.killed(began, Date.now());
    killed += 1;
    if (killed % 10 === 0) say(`${killed} kills, ${accepted} accepted, ${meta.taken.size} at Meta`);
    worker = await start();
  }
}

interface Status {
  datasets: { depth: number; quarantined: number; quarantine: { event_id: string }[] }[];
}
async function status(): Promise<Status> {
  const headers = { authorization: `Bearer ${KEY}` };
  return (await (await fetch(`${url}/status?quarantine=1000`, { headers })).json()) as Status;
}

function say(text: string): void {
  console.log(`${String(Math.round((Date.now() - started) / 1000)).padStart(5)} s  ${text}`);
}

say(`seed ${SEED}: ${EVENTS} events, ${KILLS} kills`);
await Promise.all([...Array.from({ length: CLIENTS }, client), killer()]);
say(`all accepted; waiting until the outbox is empty`);
meta.calmDown();
let last = await status();
const depth = ({ datasets }: Status) => datasets.reduce((sum, dataset) => sum + dataset.depth, 0);
for (let round = 0; depth(last) > 0 && Date.now() < END; round++) {
  // The worker quarantines an event on which Meta fails only while Meta takes others. Post others.
  if (round % 4 === 0) await trickle();
  await pause(1000);
  last = await status();
  if (round % 15 === 14) say(`${depth(last)} left`);
}

/** Posts one more event of each sender for each dataset, so that Meta takes some. */
async function trickle(): Promise<void> {
  for (const dataset_id of DATASETS) {
    for (const headers of SENDERS) {
      made += 1;
      const body = JSON.stringify({ dataset_id, data: [event(`event-${made}`)] });
      const response = await fetch(`${url}/events`, { method: "POST", headers, body });
      if (response.status === 202) accepted += 1;
    }
  }
}

const quarantined = new Set(last.datasets.flatMap(({ quarantine }) => quarantine.map((one) => one.event_id)));
const all = Array.from({ length: made }, (_, at) => at + 1).map((number) =>
  number > EVENTS || number % 1000 !== 0
    ? `event-${number}`
    : number % 2000 === 0
      ? `poison-silent-${number}`
      : `poison-${number}`,
);
const lost = all.filter((id) => !meta.taken.has(id) && !quarantined.has(id));
const twice = [...meta.taken].filter(([, times]) => times > 1).map(([id]) => id);
const twiceForNothing = twice.filter((id) => !meta.answerLost.has(id));
const wronglyAside = [...quarantined].filter((id) => !POISON.test(id));

const figures: [string, number][] = [
  ["events accepted", accepted],
  ["delivered", meta.taken.size],
  ["quarantined", quarantined.size],
  ["lost", lost.length],
  ["delivered twice, the answer lost", twice.length - twiceForNothing.length],
  ["delivered twice for nothing", twiceForNothing.length],
  ["quarantined for nothing", wronglyAside.length],
  ["SIGKILLs", killed],
  ["posts without an answer, repeated", unanswered],
  ...Object.entries(meta.counts).map(([what, times]): [string, number] => [`Meta: ${what}`, times]),
  ["seconds", Math.round((Date.now() - started) / 1000)],
];
console.log();
for (const [what, number] of figures) console.log(`${what.padEnd(40)}${String(number).padStart(10)}`);

await worker.stop();
await meta.stop();
rmSync(state, { recursive: true, force: true });

const complete = accepted === made && made >= EVENTS && killed >= KILLS && depth(last) === 0;
const sound = lost.length === 0 && twiceForNothing.length === 0 && wronglyAside.length === 0;
const balanced = accepted === meta.taken.size + quarantined.size;
if (!complete || !sound || !balanced) {
  console.error(
    `\nfailed: ${complete ? "" : "not complete "}${sound ? "" : "not sound "}${balanced ? "" : "not balanced"}`,
  );
  for (const id of [...lost, ...twiceForNothing, ...wronglyAside].slice(0, 20)) console.error(`  ${id}`);
  process.exitCode = 1;
}
