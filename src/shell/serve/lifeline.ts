// Ends a program together with this process, also when this process is killed with SIGKILL.
//
// Neither Linux nor macOS ends a child with its parent, and SIGKILL runs no handler. So a watcher process, a shell
// of one line, reads from a pipe whose other end only this process has. The kernel closes that end whenever this
// process is gone. The watcher then reads the end of the file and kills the program.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";

/** POSIX has it there. Windows and images without a shell have not: Node is the watcher then. */
const SHELL = "/bin/sh";
const hasShell = existsSync(SHELL);

/** Replaces itself with the program once a line arrives. Ends when the pipe ends before. */
const GATE = 'IFS= read -r word && exec "$@" </dev/null';
/** Kills the process unless it is told that all is done. */
const WATCH = 'IFS= read -r word; [ "$word" = done ] || kill -9 "$1"';
const WATCH_IN_NODE = `let word = "";
process.stdin.on("data", (data) => (word += data));
process.stdin.on("end", () => word.startsWith("done") || process.kill(Number(process.argv[1]), "SIGKILL"));`;

type Output = "pipe" | "ignore";

/** A watcher that ended although its program runs is replaced after so long. */
const REPLACE_AFTER_MILLIS = 1_000;

/**
 * Starts a program that ends with this process. Its standard input is empty; `stdio` is the rest, from standard
 * output on.
 *
 * It runs in a session of its own: Ctrl+C in a terminal reaches this process alone, which then ends it in order.
 */
export function spawnTied(
  program: string,
  words: string[],
  { stdio, env }: { stdio: (Output | number)[]; env: NodeJS.ProcessEnv },
): ChildProcess {
  if (!hasShell) {
    const child = spawn(program, words, { stdio: ["ignore", ...stdio], env });
    watch(child);
    return child;
  }
  // The program waits behind the gate until its watcher is there: so there is no moment without one.
  const child = spawn(SHELL, ["-c", GATE, SHELL, program, ...words], {
    stdio: ["pipe", ...stdio],
    env,
    detached: true,
  });
  watch(child);
  tell(child, "go\n");
  return child;
}

function watch(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const pid = String(child.pid);
  const [program, words] = hasShell
    ? [SHELL, ["-c", WATCH, SHELL, pid]]
    : [process.execPath, ["-e", WATCH_IN_NODE, pid]];
  // No environment: the secrets are no business of the watcher.
  const watcher = spawn(program, words, { stdio: ["pipe", "ignore", "ignore"], env: {}, detached: hasShell });
  watcher.unref();
  (watcher.stdin as Socket | null)?.unref();
  const onEnd = () => tell(watcher, "done\n");
  child.once("exit", onEnd);
  const replace = () => {
    child.off("exit", onEnd);
    if (child.exitCode !== null || child.signalCode !== null) return;
    setTimeout(() => {
      if (child.exitCode === null && child.signalCode === null) watch(child);
    }, REPLACE_AFTER_MILLIS).unref();
  };
  watcher.once("error", replace);
  watcher.once("exit", replace);
}

/** Writes a last line to a process that may be gone. */
function tell(process: ChildProcess, line: string): void {
  process.stdin?.on("error", () => undefined);
  process.stdin?.end(line);
}
