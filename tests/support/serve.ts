// Runs `capi-bridge serve` for the tests of one file. Its processes end after the last test.

import { execFileSync, spawnSync } from "node:child_process";
import { afterAll } from "vitest";
import { eventually } from "./eventually.ts";
import { CLI, ENVIRONMENT, started } from "./serve-process.ts";

export { configured, launch, serve, type Serving, type Start } from "./serve-process.ts";

afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** Runs the command to its end. Returns its exit status and its output. */
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

/** Returns the processes of one program that a process started. */
export function children(parent: number | undefined, program: string): number[] {
  return found("pgrep", "-P", String(parent), "-x", program);
}

/** Returns the processes whose command line contains this text. */
export function processesWith(text: string): number[] {
  return found("pgrep", "-f", "--", text);
}

function found(program: string, ...words: string[]): number[] {
  try {
    const output = execFileSync(program, words, { encoding: "utf8" });
    return output.trim().split("\n").map(Number);
  } catch {
    // `pgrep` exits with status 1 if it finds no process.
    return [];
  }
}

/** Returns whether a process exists. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until a process has ended. */
export const gone = (pid: number) =>
  eventually(`the end of process ${pid}`, async () => (isThere(pid) ? undefined : true));
