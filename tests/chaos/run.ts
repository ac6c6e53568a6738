// Runs the chaos test without the other tests: `npm run chaos`.

import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    minutes: { type: "string", default: "20" },
  },
});
const [events, seed, minutes] = [Number(values.events), Number(values.seed), Number(values.minutes)];

// An interrupted run leaves no worker behind, because the worker ends with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const started = Date.now();
const seconds = () => Math.round((Date.now() - started) / 1000);
const say = (text: string) => console.log(`${String(seconds()).padStart(5)} s  ${text}`);

say(`seed ${seed}: ${events} events`);
const { figures, faults, tracked } = await chaos({
  events,
  visitors: 4,
  tabs: 3,
  seed,
  millis: minutes * 60_000,
  say,
});
console.log();
for (const [what, number] of [...figures, ["seconds", seconds()] as const]) {
  console.log(`${what.padEnd(44)}${String(number).padStart(10)}`);
}
const wrong = Object.entries(faults).filter(([, which]) => which.length > 0);
if (tracked < events) wrong.push([`only ${tracked} of ${events} events in ${minutes} minutes`, []]);
for (const [what, which] of wrong) {
  console.error(`\nfailed: ${what}`);
  for (const one of which.slice(0, 20)) console.error(`  ${one}`);
}
// The browser and the workers are closed. Do not wait for other open handles.
process.exit(wrong.length > 0 ? 1 : 0);
