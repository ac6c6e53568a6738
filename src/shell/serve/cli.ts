#!/usr/bin/env node
// The command line: `capi-bridge serve` runs the bridge on a machine of one's own.

import { version } from "../../../package.json";
import {
  type Checked,
  checkKeys,
  ConfigurationError,
  messageOf,
  readConfiguration,
  readWords,
  secretNames,
  UsageError,
  withoutToken,
  type Words,
} from "./settings.ts";
import { supervise } from "./supervise.ts";

const USAGE = `capi-bridge ${version}

  capi-bridge serve [--config bridge.json] [--port 8787] [--host 127.0.0.1] [--data capi-bridge-data]

    --config   the configuration, JSON
    --port     where it answers; 0 takes any port that is free
    --host     the address it listens on; 0.0.0.0 is every one
    --data     the folder of the outbox; one process at a time

  Secrets come from the environment alone: META_ACCESS_TOKEN, or META_ACCESS_TOKEN_<dataset id>; BRIDGE_KEY;
  SEGMENT_WRITE_KEY and SEGMENT_WEBHOOK_SECRET, where Segment's libraries or its webhook send here.
  SIGTERM and SIGINT end it cleanly; SIGHUP reads the configuration again.
`;

/** As sysexits.h has it: a service manager need not try again. */
const EXIT_CONFIGURATION = 78;
const EXIT_USAGE = 64;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const complain = (line: string) => void process.stderr.write(`${line}\n`);

async function main([command, ...words]: string[]): Promise<void> {
  if (command === "--version" || command === "-v") return say(version);
  if (command === undefined || command === "--help" || command === "-h" || words.includes("--help")) {
    return say(USAGE);
  }
  if (command !== "serve") throw new UsageError(`${command}: expected the command "serve"`);
  await serve(readWords(words));
}

async function serve(words: Words): Promise<void> {
  const configuration = readConfiguration(words.config);
  checkKeys(configuration, process.env);
  const bridge = await supervise(words, configuration, say, (how) => {
    complain(`workerd ended by itself (${how}); what was accepted is on disk`);
    process.exit(1);
  });
  announce(bridge.url, words, configuration);

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => void bridge.end().then(() => process.exit(0), fail));
  }
  process.on("SIGHUP", () => {
    try {
      const next = readConfiguration(words.config);
      bridge.restart(next).then(() => announce(bridge.url, words, next), fail);
    } catch (error) {
      complain(`${messageOf(error)}\nThe configuration before it stays in force.`);
    }
  });
}

function announce(url: string, words: Words, { base, datasets, origin, documents }: Checked): void {
  const secrets = secretNames(process.env);
  say(`capi-bridge ${version} answers at ${url}${base}`);
  say(`  datasets   ${datasets.join(", ")}`);
  if (origin !== null || documents) say(`  documents  from ${origin ?? "nowhere: name documents.origin"}`);
  say(`  outbox     ${words.data}`);
  say(`  secrets    ${secrets.length > 0 ? secrets.join(", ") : "none"}`);
  for (const dataset of withoutToken(datasets, secrets)) {
    complain(
      `Dataset ${dataset} has no token, so its events wait: set META_ACCESS_TOKEN or META_ACCESS_TOKEN_${dataset}.`,
    );
  }
}

function fail(error: unknown): never {
  complain(messageOf(error));
  if (error instanceof UsageError) complain("capi-bridge --help says what there is.");
  process.exit(
    error instanceof UsageError ? EXIT_USAGE : error instanceof ConfigurationError ? EXIT_CONFIGURATION : 1,
  );
}

await main(process.argv.slice(2)).catch(fail);
