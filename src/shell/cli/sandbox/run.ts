// Runs the sandbox until a signal ends it.

import { resolve } from "node:path";
import {
  AddressError,
  DiskError,
  FolderError,
  LockedError,
  PortTakenError,
  serveSandbox,
} from "../../sandbox/serve.ts";
import { StatusError } from "../errors.ts";
import { openInBrowser } from "../open.ts";
import { complain, fail, say } from "../print.ts";
import type { SandboxWords } from "./command.ts";

/** The exit statuses. The classes are those of the sandbox's own file of the package. */
const STATUSES: [kind: new (...words: never[]) => Error, status: number][] = [
  [PortTakenError, 69],
  [AddressError, 69],
  [FolderError, 73],
  [DiskError, 74],
  [LockedError, 75],
];

/** Starts the sandbox, prints its address, and ends it on a signal. */
export async function runSandbox({ port, data, open }: SandboxWords): Promise<void> {
  const starting = serveSandbox({
    port,
    onLine: complain,
    ...(data !== undefined && { data: resolve(data) }),
  });
  const sandbox = await starting.catch((error: unknown) => {
    const status = STATUSES.find(([kind]) => error instanceof kind)?.[1];
    throw error instanceof Error && status !== undefined ? new StatusError(error.message, status) : error;
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void sandbox.stop().then(() => process.exit(0), fail));
  }
  say(`The sandbox answers at ${sandbox.url}`);
  say(`  its page     ${sandbox.url}/`);
  say(`  in a bridge  "graphUrl": "${sandbox.url}"`);
  say(`  in a page    <script src="${sandbox.url}/fbevents.js"></script>`);
  say(`  events       ${data === undefined ? "in memory; --data keeps them" : resolve(data)}`);
  if (open) openInBrowser(`${sandbox.url}/`);
}
