// Starts a program that a browser needs, and ends it with all processes that it started.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** A running program. */
export interface Program {
  /** The first line that the program writes to descriptor 3. */
  firstLine: Promise<string>;
  /** Resolves when the program has ended, for any reason. */
  ended: Promise<void>;
  /** Ends the program. Resolves when it has ended. */
  stop(): Promise<void>;
}

const PATIENCE_MILLIS = 3_000;

/** Starts a program in a process group of its own. */
export function startProgram(command: string, args: string[], environment: object = {}): Program {
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let complaints = "";
  child.stderr?.on("data", (text: Buffer) => (complaints = (complaints + String(text)).slice(-2_000)));

  const signal = (name: NodeJS.Signals) => {
    try {
      // Signals the whole process group. A program that never started has none.
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // The program has ended already.
    }
  };
  // The program ends with this process, even if a test does not stop it.
  const onExit = () => signal("SIGKILL");
  process.once("exit", onExit);
  let failure: Error | undefined;
  const ended = new Promise<void>((done) => {
    child.once("error", (error) => {
      failure = new Error(`${command} could not be started: ${error.message}`);
      done();
    });
    child.once("exit", () => done());
  });

  const firstLine = new Promise<string>((found, fail) => {
    createInterface({ input: child.stdio[3] as Readable }).once("line", found);
    void ended.then(() => fail(failure ?? new Error(`${command} ended too early:\n${complaints}`)));
  });
  // Some programs write no line. Their tests do not wait for it, so a rejection is ignored.
  firstLine.catch(() => undefined);
  return {
    firstLine,
    ended,
    async stop() {
      signal("SIGTERM");
      const timer = setTimeout(() => signal("SIGKILL"), PATIENCE_MILLIS);
      await ended;
      clearTimeout(timer);
      // Ends the processes that the program started and left behind.
      signal("SIGKILL");
      process.off("exit", onExit);
    },
  };
}
