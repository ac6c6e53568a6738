// Starts the process of the built `capi-bridge serve` as a service manager would.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DATASET, ORIGIN } from "./edge.ts";
import { eventually } from "./eventually.ts";
import { ROOT, scratch } from "./sandbox.ts";

export const CLI = join(ROOT, "dist/edge/cli.js");
export const ENVIRONMENT = { PATH: process.env["PATH"], META_ACCESS_TOKEN: "test-token" };

/** The processes that `launch` started. Each caller has to end its own. */
export const started: ChildProcess[] = [];

/** Writes a configuration. Returns its file. */
export function configured(changes: object = {}, folder = scratch("serve-config")): string {
  const file = join(folder, "bridge.json");
  const configuration = {
    datasets: [DATASET],
    allowedOrigins: [ORIGIN],
    // No server answers at this address.
    graphUrl: "http://127.0.0.1:9",
    holdSeconds: 0,
  };
  writeFileSync(file, JSON.stringify({ ...configuration, ...changes }));
  return file;
}

/** The options of a start. All have defaults. */
export interface Start {
  config?: string;
  data?: string;
  words?: string[];
  environment?: Record<string, string>;
  /** The umask of the shell that starts it. */
  umask?: string;
  /** The user and the group that it runs as. Only root may name them. */
  user?: number | undefined;
}

/** A running `capi-bridge serve`. */
export type Serving = Awaited<ReturnType<typeof serve>>;

/** Starts the process, without waiting for its address. */
export function launch({ config, data, words = [], environment = {}, umask = "022", user }: Start = {}) {
  const folder = data ?? join(scratch("serve-data"), "data");
  const options = ["serve", "--config", config ?? configured(), "--data", folder, "--port", "0", ...words];
  const script = `umask ${umask}; exec "$@"`;
  const child = spawn("/bin/sh", ["-c", script, "sh", process.execPath, CLI, ...options], {
    env: { ...ENVIRONMENT, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...(user !== undefined && { uid: user, gid: user }),
  });
  started.push(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => lines.push(line));
  }
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  return { child, lines, data: folder, exited };
}

/** Starts the process and waits for its address. */
export async function serve(start: Start = {}) {
  const launched = launch(start);
  const { child, lines, exited } = launched;
  const url = await eventually("the address", async () => {
    if (child.exitCode !== null) throw new Error(lines.join("\n"));
    return /answers at (http:\S+)\/bridge/.exec(lines.join("\n"))?.[1];
  });
  return {
    ...launched,
    url,
    /** Posts an event as a page would. Returns the status. */
    async post(event: object): Promise<number> {
      const answer = await fetch(`${url}/bridge/events`, {
        method: "POST",
        headers: { origin: ORIGIN, "content-type": "text/plain" },
        body: JSON.stringify({ data: [event] }),
      });
      return answer.status;
    },
    /** Sends a signal. Returns the exit status. */
    async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
      child.kill(signal);
      return (await exited)[0];
    },
  };
}
