// A bridge on this machine: the worker in workerd, its outbox on disk.

import { randomBytes } from "node:crypto";
import { FolderError, folderError } from "./folder.ts";
import type { Lock } from "./lock.ts";
import { type Service, type Running, startWorkerd } from "./workerd.ts";
import { type Checked, secretNames, type Words } from "./settings.ts";

/** Where the worker's modules are: beside this one, in the package. */
const FOLDER = import.meta.dirname;
/** How much longer than a request to Meta the end of sending may take, and how long at most. */
const DRAIN_SLACK_MILLIS = 1_000;
const MAX_DRAIN_MILLIS = 60_000;

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
      CAPI_BRIDGE: { json: JSON.parse(text) as unknown },
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
