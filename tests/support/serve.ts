// `capi-bridge serve` in the tests of one file: what they start ends after the last of them.

import { execFileSync, spawnSync } from "node:child_process";
import { afterAll } from "vitest";
import { eventually } from "./eventually.ts";
import { CLI, ENVIRONMENT, started } from "./serve-process.ts";

export { configured, launch, serve, type Serving, type Start } from "./serve-process.ts";

afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
});

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
