// Ends a program together with this process, also when this process is killed with SIGKILL.
//
// Neither Linux nor macOS ends a child with its parent, and SIGKILL runs no handler. So a watcher process, a shell
// of one line, reads from a pipe whose other end only this process has. The kernel closes that end whenever this
// process is gone. The watcher then reads the end of the file and kills the program.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";

/** The shell of POSIX. Windows and some images do not have it: Node is the watcher there. */
const SHELL = "/bin/sh";
const hasShell = existsSync(SHELL);

/** The watcher's script. It kills the process unless it reads `done`. */
const WATCH = 'IFS= read -r word; [ "$word" = done ] || kill -9 "$1"';
const WATCH_IN_NODE = `let word = "";
process.stdin.on("data", (data) => (word += data));
process.stdin.on("end", () => word.startsWith("done") || process.kill(Number(process.argv[1]), "SIGKILL"));`;
/**
 * A script that starts a watcher of its own process and becomes the program, so that there is no moment
 * without a watcher. The watcher keeps only descriptor 5 of the program's, which closes when the watcher is
 * gone.
 */
const START = `exec 6<&0 </dev/null
(exec "$0" -c '${WATCH}' "$0" "$$") <&6 >&5 2>/dev/null 3>&- 4>&- 5>&- 6<&- &
exec "$@" 5>&- 6<&-`;

/** The delay before a watcher that ended too early is replaced, in milliseconds. */
const REPLACE_AFTER_MILLIS = 1_000;

/** The parts of this process that the program gets, beside standard output and standard error. */
interface Given {
  env: NodeJS.ProcessEnv;
  /** A descriptor that it inherits as descriptor 4. */
  inherited?: number | undefined;
}

/**
 * Starts a program that ends with this process. Its standard input is empty; `stdio[1]` to `stdio[3]` are pipes from
 * it.
 *
 * It runs in a session of its own: Ctrl+C in a terminal reaches this process alone, which then ends it in order.
 */
export function spawnTied(program: string, words: string[], { env, inherited }: Given): ChildProcess {
  const outputs = ["pipe", "pipe", "pipe", inherited ?? "ignore"] as const;
  if (!hasShell) {
    const child = spawn(program, words, { stdio: ["ignore", ...outputs], env });
    watch(child);
    return child;
  }
  const child = spawn(SHELL, ["-c", START, SHELL, program, ...words], {
    stdio: ["pipe", ...outputs, "pipe"],
    env,
    detached: true,
  });
  const signOfLife = (child.stdio as readonly unknown[])[5] as Socket | undefined;
  signOfLife?.on("error", () => undefined).once("close", () => replace(child));
  signOfLife?.resume().unref();
  (child.stdin as Socket | null)?.unref();
  child.once("exit", () => tell(child));
  return child;
}

/** Starts a watcher for a program that runs. */
function watch(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const pid = String(child.pid);
  const [program, words] = hasShell
    ? [SHELL, ["-c", WATCH, SHELL, pid]]
    : [process.execPath, ["-e", WATCH_IN_NODE, pid]];
  // No environment: the watcher must not have the secrets.
  const watcher = spawn(program, words, { stdio: ["pipe", "ignore", "ignore"], env: {}, detached: hasShell });
  watcher.unref();
  (watcher.stdin as Socket | null)?.unref();
  const onEnd = () => tell(watcher);
  child.once("exit", onEnd);
  const onGone = () => {
    child.off("exit", onEnd);
    replace(child);
  };
  watcher.once("error", onGone);
  watcher.once("exit", onGone);
}

/** Starts another watcher in a moment, if the program still runs. */
function replace(child: ChildProcess): void {
  setTimeout(() => {
    if (child.exitCode === null && child.signalCode === null) watch(child);
  }, REPLACE_AFTER_MILLIS).unref();
}

/** Tells a watcher that its program has ended. */
function tell(watcher: ChildProcess): void {
  watcher.stdin?.on("error", () => undefined);
  watcher.stdin?.end("done\n");
}
