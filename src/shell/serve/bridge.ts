// A bridge on this machine: the worker in workerd, its outbox on disk.

import { randomBytes } from "node:crypto";
import { watchedDisk } from "./disk.ts";
import { DiskError, folderError, inFolder } from "./folder.ts";
import type { Lock } from "./lock.ts";
import { type Service, type Running, startWorkerd } from "./workerd.ts";
import { type Checked, secretNames, type Words } from "./settings.ts";

/** The folder of the worker's modules: that of this module, in the package. */
const FOLDER = import.meta.dirname;
/** The milliseconds by which the end of sending may outlast the timeout of a request to Meta. */
const DRAIN_SLACK_MILLIS = 1_000;
/** The most milliseconds that the end of sending may take. */
const MAX_DRAIN_MILLIS = 60_000;
/** The timeout of a message from this process to the worker, in milliseconds. */
const TELL_WITHIN_MILLIS = 5_000;

/** Starts the worker; resolves once it answers. `abort` ends the start. */
export async function startBridge(
  { data, host, port }: Omit<Words, "config">,
  { text, base, origin, timeoutMillis }: Checked,
  lock: Lock,
  onLine: (line: string) => void,
  abort?: AbortSignal,
): Promise<Running> {
  const secrets = secretNames(process.env).map((name) => [name, { fromEnvironment: name }]);
  const controlKey = randomBytes(32).toString("hex");
  const disk = inFolder(data, () => watchedDisk(data));
  // Rows cost nothing here, so alarms are frequent: events go out within a second of being due.
  const defaults = { maxBacklogBytes: disk.maxBacklogBytes, alarmGridSeconds: 1 };
  const service: Service = {
    name: "edge",
    folder: FOLDER,
    wasm: ["edge_bg.wasm"],
    bindings: {
      CAPI_BRIDGE: { json: { ...defaults, ...(JSON.parse(text) as object) } },
      CONTROL_KEY: { fromEnvironment: "CONTROL_KEY" },
      OUTBOX: { durableObject: "Outbox" },
      ...Object.fromEntries(secrets),
      // As a service, the origin gets the address that the browser asked for.
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
    ...(abort && { abort }),
  }).catch((error: unknown) => {
    const [sqlite] = /SQLITE_(FULL|IOERR|READONLY|CANTOPEN)\w*/.exec(String(error)) ?? [];
    if (sqlite === undefined) throw folderError(data, error);
    // SQLite may say "cannot open" on a full disk, too. Missing rights were found before.
    throw new DiskError(
      `--data ${data} cannot be written (${sqlite}). Is the disk full or failing? Make room on it.`,
    );
  });
  lock.note(running.pid);
  const tell = (path: string, body: string, withinMillis: number) =>
    post(`${running.urls["control"] ?? ""}${path}`, controlKey, body, withinMillis);
  disk.watch((room) => tell("/room", room, TELL_WITHIN_MILLIS));
  void running.ended.then(() => disk.stop());
  // A health check makes an outbox set its alarm again: the alarm may be for times of another configuration.
  void fetch(`${running.urls["edge"] ?? ""}${base}/health`).catch(() => undefined);
  return {
    ...running,
    async stop(signal = "SIGTERM") {
      if (signal === "SIGTERM") {
        const within = Math.min(timeoutMillis + DRAIN_SLACK_MILLIS, MAX_DRAIN_MILLIS);
        // Without this, workerd would cut off a request to Meta, and the next start would send its events
        // again. If this takes too long or workerd is gone, that still happens.
        const ended = tell("/end", "", within).catch(() => undefined);
        await Promise.race([ended, running.ended]);
      }
      await running.stop(signal);
    },
  };
}

/** Posts to the worker's own entry point. */
async function post(url: string, key: string, body: string, withinMillis: number): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  const signal = AbortSignal.timeout(withinMillis);
  const answer = await fetch(url, { method: "POST", headers, body, signal });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
}
