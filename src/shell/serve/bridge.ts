// A bridge on this machine: the worker in workerd, its outbox on disk.

import { randomBytes } from "node:crypto";
import { readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { FolderError, folderError } from "./folder.ts";
import type { Lock } from "./lock.ts";
import { type Service, type Running, startWorkerd } from "./workerd.ts";
import { type Checked, secretNames, type Words } from "./settings.ts";

/** Where the worker's modules are: beside this one, in the package. */
const FOLDER = import.meta.dirname;
/** How much longer than a request to Meta the end of sending may take, and how long at most. */
const DRAIN_SLACK_MILLIS = 1_000;
const MAX_DRAIN_MILLIS = 60_000;
/** The smallest limit that a configuration may set. */
const MIN_BACKLOG_BYTES = 1_000_000;

/** Starts the worker; resolves once it answers. */
export async function startBridge(
  { data, host, port }: Omit<Words, "config">,
  { text, origin, timeoutMillis }: Checked,
  lock: Lock,
  onLine: (line: string) => void,
): Promise<Running> {
  const secrets = secretNames(process.env).map((name) => [name, { fromEnvironment: name }]);
  const controlKey = randomBytes(32).toString("hex");
  const service: Service = {
    name: "edge",
    folder: FOLDER,
    wasm: ["edge_bg.wasm"],
    bindings: {
      CAPI_BRIDGE: { json: { ...defaultsHere(data), ...(JSON.parse(text) as object) } },
      CONTROL_KEY: { fromEnvironment: "CONTROL_KEY" },
      OUTBOX: { durableObject: "Outbox" },
      ...Object.fromEntries(secrets),
      // Bound as a service, it hears the address that the browser asked for.
      ...(origin !== null && { ORIGIN: { server: origin } }),
    },
    durableObjects: ["Outbox"],
  };
  const running = await startWorkerd({
    services: [service],
    ports: { edge: port },
    internal: { control: { service: "edge", entrypoint: "Control" } },
    host,
    state: data,
    lock: lock.descriptor,
    environment: { CONTROL_KEY: controlKey },
    onLine,
  }).catch((error: unknown) => {
    const [sqlite] = /SQLITE_(FULL|IOERR|READONLY|CANTOPEN)\w*/.exec(String(error)) ?? [];
    if (sqlite === undefined) throw folderError(data, error);
    throw new FolderError(
      `--data ${data} cannot be written (${sqlite}). Is the disk full or failing? Make room on it.`,
    );
  });
  lock.note(running.pid);
  return {
    ...running,
    async stop(signal = "SIGTERM") {
      if (signal === "SIGTERM") {
        const within = Math.min(timeoutMillis + DRAIN_SLACK_MILLIS, MAX_DRAIN_MILLIS);
        await Promise.race([endSending(running.urls["control"] ?? "", controlKey, within), running.ended]);
      }
      await running.stop(signal);
    },
  };
}

/** What is set here where the configuration says nothing: this machine's disk is not Cloudflare's. */
function defaultsHere(data: string): object {
  const { bavail, bsize } = statfsSync(data);
  const free = bavail * bsize + bytesIn(data);
  // A fifth is left for the outbox's own work.
  const maxBacklogBytes = Math.max(MIN_BACKLOG_BYTES, Math.floor(free * 0.8));
  // A row costs nothing here: events go out within a second of being due.
  return { maxBacklogBytes, alarmGridSeconds: 1 };
}

/** Bytes of the files in a folder: what the outbox has already is its own to use. */
function bytesIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return files.reduce((sum, one) => sum + statSync(join(one.parentPath, one.name)).size, 0);
}

/**
 * Resolves once no request to Meta is on its way and none will start, or after `withinMillis`. Without this, workerd
 * would cut the request off, and its events would go out again after the next start.
 */
async function endSending(url: string, key: string, withinMillis: number): Promise<void> {
  try {
    const headers = { authorization: `Bearer ${key}` };
    const signal = AbortSignal.timeout(withinMillis);
    await (await fetch(url, { method: "POST", headers, signal })).arrayBuffer();
  } catch {
    // Too late, or workerd is gone: what is on its way goes out once more.
  }
}
