// `capi-bridge conformance`: runs the conformance suite over any implementation and prints a table.

import { join } from "node:path";
import type { CliCommand } from "../command.ts";
import { DataError, UsageError } from "../errors.ts";
import { complain, painted, say, table } from "../print.ts";
import { startAdapter } from "./adapter.ts";
import { type Case, isRight, readSuites, SUITES } from "./suite.ts";

/** The suite of this package: the command is in the folder above it. */
const FOLDER = join(import.meta.dirname, "conformance");
const TIMEOUT_SECONDS = 10;
/** The number of cases after which a run on a terminal prints its progress. */
const PROGRESS_EVERY = 100;

interface Options {
  command?: string;
  suite?: string;
  timeout: string;
  verbose?: true;
  json?: true;
  list?: true;
}

/** The counts of one topic. */
interface Counts {
  suite: string;
  topic: string;
  passed: number;
  failed: number;
  notSupported: number;
}

/** A case that failed. */
interface Failure extends Case {
  suite: string;
  output: unknown;
}

/** Adds the command. */
export function addConformance(program: CliCommand): void {
  program
    .command("conformance")
    .summary("run the conformance suite over any implementation")
    .description(
      "Starts a command, sends it the cases of the suite as JSON lines, and prints what passed by topic.\n" +
        "It ends with status 1 if a case failed. docs/conformance.md has the protocol and the topics.",
    )
    .option("--command <command>", "the adapter: it answers each line of standard input with one line")
    .option("--suite <name>", `one suite: ${SUITES.join(", ")}`)
    .option("--timeout <seconds>", "the time for one answer", String(TIMEOUT_SECONDS))
    .option("--verbose", "name each case that failed, with what was expected")
    .option("--json", "print the result as JSON")
    .option("--list", "print the cases in place of running them, a line of JSON each")
    .examples(
      'capi-bridge conformance --command "node my-adapter.js"',
      'capi-bridge conformance --command "php adapter.php" --suite identifiers --verbose',
      "capi-bridge conformance --list",
    )
    .action(run);
}

async function run({ command, suite, timeout, verbose, json, list }: Options): Promise<void> {
  if (suite !== undefined && !SUITES.includes(suite)) {
    throw new UsageError(`--suite ${suite}: expected one of ${SUITES.join(", ")}`);
  }
  const seconds = Number(timeout);
  if (!(seconds > 0 && seconds <= 3600)) {
    throw new UsageError(`--timeout ${timeout}: expected seconds, such as ${TIMEOUT_SECONDS}`);
  }
  const suites = [...readSuites(FOLDER)].filter(([name]) => suite === undefined || name === suite);
  if (list) {
    for (const [name, cases] of suites) for (const one of cases) say(JSON.stringify({ suite: name, ...one }));
    return;
  }
  if (command === undefined || command.trim() === "") {
    throw new UsageError(
      'conformance: expected --command, such as capi-bridge conformance --command "node my-adapter.js"',
    );
  }
  const { counts, failures } = await runSuites(suites, command, seconds);
  if (json) say(JSON.stringify({ version: 1, counts, failures: verbose ? failures : undefined }));
  else print(counts, verbose ? failures : []);
  if (counts.every(({ passed, failed }) => passed + failed === 0)) {
    throw new DataError("The adapter supports no topic of the suite: nothing was tested.");
  }
  const failed = sum(counts, "failed");
  if (failed === 0) return;
  if (!verbose) complain(`${failed} cases failed: --verbose names them.`);
  process.exitCode = 1;
}

async function runSuites(suites: [string, Case[]][], command: string, timeoutSeconds: number) {
  const adapter = startAdapter(command, timeoutSeconds);
  const counts = new Map<string, Counts>();
  const failures: Failure[] = [];
  const total = suites.reduce((sum, [, cases]) => sum + cases.length, 0);
  let id = 0;
  try {
    for (const [suite, cases] of suites) {
      for (const one of cases) {
        id += 1;
        if (process.stderr.isTTY && id % PROGRESS_EVERY === 0)
          process.stderr.write(`\r${id} of ${total} cases`);
        const { topic, input } = one;
        const key = `${suite}/${topic}`;
        const count = counts.get(key) ?? { suite, topic, passed: 0, failed: 0, notSupported: 0 };
        counts.set(key, count);
        const answer = await adapter.ask({ id, topic, input });
        if ("unsupported" in answer) count.notSupported += 1;
        else if (isRight(suite, one, answer.output)) count.passed += 1;
        else {
          count.failed += 1;
          failures.push({ suite, ...one, output: answer.output });
        }
      }
    }
  } finally {
    if (process.stderr.isTTY) process.stderr.write("\r\u001B[K");
    adapter.stop();
  }
  return { counts: [...counts.values()], failures };
}

const sum = (counts: Counts[], key: "passed" | "failed" | "notSupported") =>
  counts.reduce((total, count) => total + count[key], 0);

function print(counts: Counts[], failures: Failure[]): void {
  for (const { topic, name, input, expected, output, reason } of failures) {
    say(painted("red", `${topic}: ${name}`));
    say(`  input     ${JSON.stringify(input)}`);
    say(`  expected  ${JSON.stringify(expected)}${reason === undefined ? "" : `  (${reason})`}`);
    say(`  output    ${JSON.stringify(output)}`);
  }
  const rows = counts.map(({ suite, topic, passed, failed, notSupported }) => [
    suite,
    topic,
    `${passed}`,
    `${failed}`,
    `${notSupported}`,
  ]);
  const totals = [sum(counts, "passed"), sum(counts, "failed"), sum(counts, "notSupported")].map(String);
  const [head = "", ...lines] = table([
    ["suite", "topic", "passed", "failed", "not supported"],
    ...rows,
    ["all", "", ...totals],
  ]);
  say(painted("bold", head));
  for (const line of lines) say(line);
}
