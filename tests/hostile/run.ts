// The hostile run: malformed and forged requests to every endpoint of a running worker. None gets a 5xx or an
// answer in a wrong shape. At the end the worker serves as before and has lost nothing. Then `sieges.ts` runs
// attacks of one kind each, against a worker of their own.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { judged, ordinary, startAttacked } from "../support/hostile/attack.ts";
import { sieges } from "../support/hostile/sieges.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    connections: { type: "string", default: "8" },
  },
});
const [requests, seed, connections] = [values.requests, values.seed, values.connections].map(Number) as [
  number,
  number,
  number,
];

// An interrupted run leaves no worker behind, because the worker ends with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const attacked = await startAttacked();
const started = Date.now();
console.log(`${requests} requests of seed ${seed} over ${connections} connections`);
let told = started;
const report = await judged(attacked, { requests, seed, connections }, ({ asked, faults }) => {
  if (Date.now() - told < 30_000) return;
  told = Date.now();
  console.log(
    `${asked} asked, ${faults.length} faults, ${memory()} MB, ${Math.round((told - started) / 1000)} s`,
  );
});
const seconds = Math.round((Date.now() - started) / 1000);
const last = await ordinary(attacked);
const { lost, faults } = await attacked.settled();
const megabytes = memory();
await attacked.stop();

const line = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([what, count]) => `${what}: ${count}`)
    .join(", ");
console.log(`
asked      ${report.asked} in ${seconds} s, answered ${report.answered}
sources    ${line(report.shapes)}
manners    ${line(report.manners)}
statuses   ${line(report.statuses)}
memory     ${megabytes} MB at the end
an ordinary request afterwards: ${last}; accepted and neither delivered nor apart: ${lost}
`);
for (const fault of [...report.faults, ...faults]) console.log(`FAULT ${fault}`);
const besieged = await sieges();
for (const [name, faults] of besieged) {
  console.log(`${faults.length === 0 ? "held" : "FAULT"}       ${name}`);
  for (const fault of faults.slice(0, 10)) console.log(`           ${fault}`);
}
const hasHeld = [...besieged.values()].every((faults) => faults.length === 0);
const isFine =
  hasHeld &&
  report.asked >= requests &&
  report.faults.length + faults.length === 0 &&
  last === 202 &&
  lost === 0;
process.exit(isFine ? 0 : 1);

/** Returns the worker's resident memory in megabytes, or 0 if the system does not report it. */
function memory(): number {
  try {
    const status = readFileSync(`/proc/${attacked.pid}/status`, "utf8");
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}
