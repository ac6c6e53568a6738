// `capi-bridge serve` as the build leaves it, started as a service manager would.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll } from "vitest";
import { DATASET, ORIGIN } from "./edge.ts";
import { eventually } from "./eventually.ts";
import { ROOT, scratch } from "./sandbox.ts";

const CLI = join(ROOT, "dist/edge/cli.js");
const ENVIRONMENT = { PATH: process.env["PATH"], META_ACCESS_TOKEN: "test-token" };

const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** Writes a configuration; its file. */
export function configured(changes: object = {}, folder = scratch("serve-config")): string {
  const file = join(folder, "bridge.json");
  const configuration = {
    datasets: [DATASET],
    allowedOrigins: [ORIGIN],
    // Nobody answers there.
    graphUrl: "http://127.0.0.1:9",
    holdSeconds: 0,
  };
  writeFileSync(file, JSON.stringify({ ...configuration, ...changes }));
  return file;
}

/** What a start may have otherwise. */
export interface Start {
  config?: string;
  data?: string;
  words?: string[];
  environment?: Record<string, string>;
  /** The shell's umask in which it starts. */
  umask?: string;
}

/** A running one. */
export type Serving = Awaited<ReturnType<typeof serve>>;

/** Starts the process, without waiting for its address. */
export function launch({ config, data, words = [], environment = {}, umask = "022" }: Start = {}) {
  const folder = data ?? join(scratch("serve-data"), "data");
  const options = ["serve", "--config", config ?? configured(), "--data", folder, "--port", "0", ...words];
  const script = `umask ${umask}; exec "$@"`;
  const child = spawn("/bin/sh", ["-c", script, "sh", process.execPath, CLI, ...options], {
    env: { ...ENVIRONMENT, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  started.push(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => lines.push(line));
  }
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  return { child, lines, data: folder, exited };
}

/** Starts it and waits for its address. */
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
    /** Posts an event as a page would; the status. */
    async post(event: object): Promise<number> {
      const answer = await fetch(`${url}/bridge/events`, {
        method: "POST",
        headers: { origin: ORIGIN, "content-type": "text/plain" },
        body: JSON.stringify({ data: [event] }),
      });
      return answer.status;
    },
    /** Sends a signal; the exit status. */
    async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
      child.kill(signal);
      return (await exited)[0];
    },
  };
}

/** Runs the command to its end. */
export function attempt(
  words: string[],
  environment: Record<string, string> = {},
  user?: number,
): { status: number | null; lines: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...words], {
    env: { ...ENVIRONMENT, ...environment },
    encoding: "utf8",
    timeout: 20_000,
    ...(user !== undefined && { uid: user, gid: user }),
  });
  return { status, lines: `${stdout}${stderr}`.split("\n").filter((line) => line !== "") };
}

/** The processes that a process started: those of one program, or those whose command holds a text. */
export function children(parent: number | undefined, program: string): number[] {
  return found("pgrep", "-P", String(parent), "-x", program);
}

/** The processes whose command line holds this text. */
export function processesWith(text: string): number[] {
  return found("pgrep", "-f", "--", text);
}

function found(program: string, ...words: string[]): number[] {
  try {
    const output = execFileSync(program, words, { encoding: "utf8" });
    return output.trim().split("\n").map(Number);
  } catch {
    // Status 1: none.
    return [];
  }
}

/** Whether a process is there. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until a process is gone. */
export const gone = (pid: number) =>
  eventually(`the end of process ${pid}`, async () => (isThere(pid) ? undefined : true));
