#!/usr/bin/env node
// The command line: `capi-bridge serve` runs the bridge on a machine of one's own.

import { version } from "../../../package.json";
import { DiskError, FolderError, makeFolder, restrictFolder } from "./folder.ts";
import { LockedError, lockFolder } from "./lock.ts";
import { whyUnreachable } from "./reach.ts";
import {
  type Checked,
  checkCommand,
  checkKeys,
  ConfigurationError,
  messageOf,
  misspelt,
  readConfiguration,
  readWords,
  secretNames,
  UsageError,
  withoutDataset,
  withoutToken,
  type Words,
} from "./settings.ts";
import { supervise, type Supervised } from "./supervise.ts";
import { AddressError } from "./workerd.ts";

const USAGE = `capi-bridge ${version}

  capi-bridge serve [--config bridge.json] [--port 8787] [--host 127.0.0.1] [--data capi-bridge-data]

    --config   the configuration, JSON
    --port     where it answers; 0 takes any port that is free
    --host     the address it listens on; 0.0.0.0 is every one
    --data     the folder of the outbox; one process at a time

  Secrets come from the environment alone: META_ACCESS_TOKEN, or META_ACCESS_TOKEN_<dataset id>; META_APP_SECRET,
  where Meta's app requires appsecret_proof; BRIDGE_KEY; SEGMENT_WRITE_KEY and SEGMENT_WEBHOOK_SECRET, where Segment's
  libraries or its webhook send here.
  SIGTERM and SIGINT end it cleanly; SIGHUP reads the configuration again.

  It ends with status 64 for a wrong command line, 78 for a wrong configuration, 69 for a port that is taken, 73 for a
  folder that cannot be written, 74 for a disk that is full or failing, 75 for a folder that another process uses, and
  1 for all else.
`;

/** The exit statuses, with the numbers of sysexits.h where they fit. `docs/self-hosting.md` lists them. */
const STATUSES: [kind: new (...words: never[]) => Error, status: number][] = [
  [UsageError, 64],
  [AddressError, 69],
  [FolderError, 73],
  [DiskError, 74],
  [LockedError, 75],
  [ConfigurationError, 78],
];
/** The umask. Only this process's user reads the files that this process, workerd and SQLite write. */
const UMASK = 0o077;

// A terminal that is closed, or a reader that is gone, does not end the bridge.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

const say = (line: string) => void process.stdout.write(`${line}\n`);
const complain = (line: string) => void process.stderr.write(`${line}\n`);

async function main([command, ...words]: string[]): Promise<void> {
  if (command === "--version" || command === "-v") return say(version);
  if (command === undefined || command === "--help" || command === "-h" || words.includes("--help")) {
    return say(USAGE);
  }
  checkCommand(command);
  await serve(readWords(words));
}

async function serve(words: Words): Promise<void> {
  const starting = new AbortController();
  let bridge: Supervised | undefined;
  let shouldReadAgain = false;
  // Installs the handlers first. A start may take half a minute. A signal without a handler ends the process with
  // a wrong status, or is ignored if its pid is 1.
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (bridge === undefined) starting.abort();
      else bridge.end().then(() => process.exit(0), fail);
    });
  }
  process.on("SIGHUP", () => {
    if (bridge === undefined) shouldReadAgain = true;
    else readAgain(bridge, words);
  });
  const configuration = readConfiguration(words.config);
  checkKeys(configuration, process.env);
  try {
    bridge = await start(words, configuration, starting.signal);
  } catch (error) {
    if (starting.signal.aborted) process.exit(0);
    throw error;
  }
  announce(bridge.url, words, configuration);
  if (shouldReadAgain) readAgain(bridge, words);
}

async function start(words: Words, configuration: Checked, abort: AbortSignal): Promise<Supervised> {
  process.umask(UMASK);
  makeFolder(words.data);
  const lock = await lockFolder(words.data);
  const kept = restrictFolder(words.data);
  if (kept[0] !== undefined) {
    complain(`${kept[0]} belongs to another user, so that its mode stays as it is: chown it to this one.`);
  }
  const onEnd = (how: string) => {
    complain(`workerd ended by itself (${how}); what was accepted is on disk`);
    process.exit(1);
  };
  return supervise(words, configuration, { lock, onLine: say, onEnd, abort });
}

/** Reads the configuration again and restarts the bridge with it. If it is wrong, the one before stays. */
function readAgain(bridge: Supervised, words: Words): void {
  try {
    const next = readConfiguration(words.config);
    // A dataset may be gone whose secret is set. The worker would answer each request with an error.
    checkKeys(next, process.env);
    bridge.restart(next).then(() => announce(bridge.url, words, next), fail);
  } catch (error) {
    complain(`${messageOf(error)}\nThe configuration before it stays in force.`);
  }
}

function announce(url: string, words: Words, checked: Checked): void {
  const { base, datasets, origin, documents, graphUrl } = checked;
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
  for (const name of withoutDataset(checked, secrets)) {
    complain(`${name} is of no use: "datasets" in ${words.config} does not list the dataset in its name.`);
  }
  for (const [name, meant] of misspelt(process.env)) complain(`${name} is unknown; did you mean ${meant}?`);
  // A failure of the check itself must not end the bridge.
  void whyUnreachable(graphUrl)
    .catch(messageOf)
    .then((why) => {
      if (why === undefined) return;
      complain(
        `graphUrl: nothing answers at ${graphUrl} (${why}), so events wait on disk: check the address, DNS and the firewall.`,
      );
    });
}

function fail(error: unknown): never {
  complain(messageOf(error));
  if (error instanceof UsageError) complain("capi-bridge --help says what there is.");
  process.exit(STATUSES.find(([kind]) => error instanceof kind)?.[1] ?? 1);
}

await main(process.argv.slice(2)).catch(fail);
