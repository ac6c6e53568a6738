// Starts the servers that a shop may choose between, each in processes of its own, and one stand-in for Meta.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { edge } from "../src/shell/testing/services.ts";
import { startWorkerd } from "../src/shell/serve/workerd.ts";
import { DATASET, ORIGIN } from "./load.ts";

export const KEY = "bench-key-0123456789abcdef0123456789abcdef";

/** A server that runs. */
export interface Started {
  /** The address to which events are posted. */
  url: string;
  pid: number | undefined;
  /** Returns the state of the outbox. Undefined for servers without one. */
  dataset(): Promise<Dataset | undefined>;
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** The part of a dataset's status that is measured. */
export interface Dataset {
  depth: number;
  quarantined: number;
  totals: {
    accepted: number;
    delivered: number;
    writes: number;
    requests: number;
    /** Rows that SQLite wrote; absent in versions that do not count them. */
    rows_written?: number;
  };
}

/** A kind of server. `start` on the same folder and port continues what an earlier one left. */
export interface Server {
  name: string;
  start(metaUrl: string, folder: string, port: number): Promise<Started>;
}

const folders: string[] = [];
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

/** Returns a folder of its own, which is deleted when the program ends. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "capi-bridge-bench-"));
  folders.push(folder);
  return folder;
}

/** Starts a program for Node, and resolves with the first line that it prints. */
export async function startNode(
  file: string,
  environment: Record<string, string>,
): Promise<{ line: string; child: ChildProcess; ended: Promise<unknown> }> {
  const child = spawn(process.execPath, [join(process.cwd(), file)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  const onExit = () => child.kill("SIGKILL");
  process.once("exit", onExit);
  const ended = new Promise((done) => child.once("exit", done));
  void ended.then(() => process.off("exit", onExit));
  const line = await new Promise<string>((done, fail) => {
    createInterface({ input: child.stdout as Readable }).once("line", done);
    child.once("exit", (code) => fail(new Error(`${file} ended with ${code} before it was ready`)));
  });
  return { line, child, ended };
}

/** Returns a server of `bench/peers`. */
function peer(name: string, file: string, environment: Record<string, string> = {}): Server {
  return {
    name,
    async start(metaUrl, folder, port) {
      const own = { META_URL: metaUrl, PORT: String(port), LOG: join(folder, "log"), NODE_ENV: "production" };
      const { line, child, ended } = await startNode(`bench/peers/${file}`, { ...own, ...environment });
      return {
        url: line,
        pid: child.pid,
        dataset: () => Promise.resolve(undefined),
        async stop(signal) {
          child.kill(signal);
          await ended;
        },
      };
    },
  };
}

/** Returns the edge worker in workerd, as `capi-bridge serve` runs it, or a worker in another folder. */
export function bridge(changes: object = {}, folderOfWorker?: string): Server {
  return {
    name: "capi-bridge",
    async start(metaUrl, folder, port) {
      const configuration = {
        datasets: [DATASET],
        allowedOrigins: [ORIGIN],
        graphUrl: metaUrl,
        holdSeconds: 1,
        // The value of `capi-bridge serve`.
        alarmGridSeconds: 1,
        timeoutMillis: 5_000,
        retryAtMostSeconds: 2,
        ...changes,
      };
      const running = await startWorkerd({
        services: [
          {
            ...edge(process.cwd(), configuration),
            ...(folderOfWorker !== undefined && { folder: folderOfWorker }),
          },
        ],
        ports: { edge: port },
        state: folder,
        environment: { META_ACCESS_TOKEN: "token", BRIDGE_KEY: KEY },
      });
      const url = running.urls["edge"] ?? "";
      return {
        url: `${url}/bridge/events`,
        pid: running.pid,
        stop: running.stop,
        async dataset() {
          const headers = { authorization: `Bearer ${KEY}` };
          const answer = await fetch(`${url}/bridge/status?quarantine=0`, { headers });
          return ((await answer.json()) as { datasets: Dataset[] }).datasets[0];
        },
      };
    },
  };
}

/** The servers, ours first. */
export const SERVERS: Server[] = [
  bridge(),
  peer("express + Meta's SDK, awaited", "sdk-server.mjs"),
  peer("express + Meta's SDK, not awaited", "sdk-server.mjs", { AWAIT: "no" }),
  peer("fastify, log with fsync, batches", "durable-log.mjs"),
];

/** Starts the stand-in for Meta, which answers after so many milliseconds. */
export async function startMeta(delayMillis: number) {
  const {
    line: url,
    child,
    ended,
  } = await startNode("bench/meta.mjs", { DELAY_MILLIS: String(delayMillis) });
  const control = async <T>(what: string, body = ""): Promise<T> =>
    (await (await fetch(`${url}/control/${what}`, { method: "POST", body })).json()) as T;
  return {
    url,
    /** Returns the counts since `forget()`: requests, events by id, and copies of them. */
    report: () => control<{ requests: number; events: number; copies: number }>("report"),
    forget: () => control("forget"),
    /** Breaks each connection for this time, in milliseconds. */
    away: (millis: number) => control("away", String(millis)),
    /** Returns the number of these ids that it does not have. */
    missing: async (ids: string[]) =>
      (await control<{ missing: number }>("missing", JSON.stringify(ids))).missing,
    async stop() {
      child.kill();
      await ended;
    },
  };
}

/** Waits until `holds` returns true. Returns false if it does not in time. */
export async function eventually(holds: () => Promise<boolean>, withinMillis: number): Promise<boolean> {
  const end = Date.now() + withinMillis;
  while (Date.now() < end) {
    if (await holds()) return true;
    await pause(100);
  }
  return false;
}

export const pause = (millis: number) => new Promise((done) => setTimeout(done, millis));
