// The process of an implementation that is tested: a request is a line on its standard input, an answer a line on its
// standard output.

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { DataError, UnavailableError } from "../errors.ts";

/** The exit status of a shell that does not find a program. */
const NOT_FOUND = 127;
/** The characters of a wrong line that an error shows. */
const MAX_SHOWN = 80;

/** An answer: a result, or that the implementation has no such function. */
export type Answer = { output: Record<string, unknown> } | { unsupported: true };

/** A running adapter. */
export interface Adapter {
  /**
   * Sends a request and resolves with the answer.
   *
   * @throws {UnavailableError} when the process ends or does not answer in time
   * @throws {DataError} when its line is no answer
   */
  ask(request: { id: number; topic: string; input: unknown }): Promise<Answer>;
  /** Ends the process. */
  stop(): void;
}

/** Starts the command of an adapter in a shell. Its standard error is shown. */
export function startAdapter(command: string, timeoutSeconds: number): Adapter {
  // A group of its own: the shell and the program end together.
  const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "inherit"], detached: true });
  let settle: ((line: string) => void) | undefined;
  let fail: ((error: Error) => void) | undefined;
  let ended: UnavailableError | undefined;
  const end = (how: string) => {
    ended ??= new UnavailableError(how);
    fail?.(ended);
  };
  child.stdin.on("error", () => undefined);
  child.once("error", (error) => end(`"${command}" cannot be started: ${error.message}`));
  createInterface({ input: child.stdout }).on("line", (line) => settle?.(line));
  child.once("close", (status, signal) => {
    if (status === NOT_FOUND) {
      return end(`"${command}" cannot be started: the program was not found. Check the words of --command.`);
    }
    const how = status === null ? String(signal) : `status ${status}`;
    end(`The adapter "${command}" ended with ${how} before the last case. Run it alone to see why.`);
  });
  return {
    async ask(request) {
      if (ended !== undefined) throw ended;
      const line = await new Promise<string>((done, failed) => {
        const timer = setTimeout(() => {
          const what = `"${command}" did not answer case ${request.id} (${request.topic}) within ${timeoutSeconds} seconds.`;
          failed(new UnavailableError(`${what} It has to answer each line of standard input with one line.`));
        }, timeoutSeconds * 1000);
        settle = (line) => {
          clearTimeout(timer);
          done(line);
        };
        fail = (error) => {
          clearTimeout(timer);
          failed(error);
        };
        child.stdin.write(`${JSON.stringify(request)}\n`);
      });
      return answerOf(line, request.id);
    },
    stop: () => kill(child),
  };
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is gone, or this system has none.
    child.kill("SIGKILL");
  }
}

/** Reads a line of an adapter. */
function answerOf(line: string, id: number): Answer {
  const shown = line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
  const wrong = (why: string) =>
    new DataError(
      `The adapter printed ${JSON.stringify(shown)}: ${why}. Expected {"id":${id},"output":{…}} or ` +
        `{"id":${id},"unsupported":true}; messages belong on standard error.`,
    );
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch {
    throw wrong("no JSON");
  }
  if (typeof answer !== "object" || answer === null) throw wrong("no object");
  const { id: given, output, unsupported } = answer as Record<string, unknown>;
  if (given !== id) throw wrong(`the id of another case`);
  if (unsupported === true) return { unsupported };
  if (typeof output !== "object" || output === null) throw wrong("no output");
  return { output: output as Record<string, unknown> };
}
