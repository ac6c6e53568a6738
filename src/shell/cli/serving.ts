// Runs `capi-bridge serve`: starts the bridge, obeys signals, says what is missing.

import { version } from "../../../package.json";
import { messageOf } from "../serve/errors.ts";
import { makeFolder, restrictFolder } from "../serve/folder.ts";
import { lockFolder } from "../serve/lock.ts";
import { whyUnreachable } from "../serve/reach.ts";
import {
  type Checked,
  checkKeys,
  misspelt,
  readConfiguration,
  secretNames,
  withoutDataset,
  withoutToken,
  type Words,
} from "../serve/settings.ts";
import { supervise, type Supervised } from "../serve/supervise.ts";
import { complain, fail, say } from "./print.ts";

/** The umask. Only this process's user reads the files that this process, workerd and SQLite write. */
const UMASK = 0o077;

/** Runs the bridge until a signal ends it. */
export async function serve(words: Words): Promise<void> {
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
