// The lock of the data folder: one process at a time uses it.
//
// The lock is the kernel's (flock), so it ends with its holder however that ends, and it holds between
// containers that share a folder. workerd inherits the descriptor: a workerd that outlives this process keeps
// the folder locked until it is gone. The file also names the holder: for the error message, and for systems
// where no program can take the lock.

import { spawnSync } from "node:child_process";
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FolderError, inFolder, LOCK } from "./folder.ts";

/** Another process uses the folder. */
export class LockedError extends Error {}

/** A lock that this process has. */
export interface Lock {
  /** The descriptor. A process that inherits it has the lock as well. */
  descriptor: number;
  /** Writes into the file that this workerd has the lock too. */
  note(workerd: number | undefined): void;
}

/** A process, told apart from a later one with the same number by its start. */
interface Process {
  pid: number;
  started: string | null;
}
interface Holder {
  host: string;
  serve: Process;
  workerd: Process | null;
}

/** macOS and the BSDs lock as they open; Node does not name the flag. (open(2)) */
const O_EXLOCK = 0x20;
/** The longest wait for a lock whose holder was killed, in milliseconds. Its workerd ends soon after it. */
const PATIENCE_MILLIS = 2_000;
const BETWEEN_MILLIS = 50;
/** Programs that lock descriptor 3 and end, on Linux: the lock stays with the descriptor. Status 1: it is held. */
const LOCKERS: [program: string, ...words: string[]][] = [
  ["flock", "-n", "3"],
  // Debian has it always. 6 is LOCK_EX | LOCK_NB.
  ["perl", "-e", 'open(my $file, "+<&=3") or die $!; flock($file, 6) or $!{EWOULDBLOCK} ? exit 1 : die $!'],
];

/**
 * Locks the data folder for as long as this process, or a workerd that it started, lives.
 *
 * @throws {LockedError} when another process has it, naming the folder and the process
 * @throws {FolderError} when the lock file cannot be written
 */
export async function lockFolder(data: string): Promise<Lock> {
  const path = join(data, LOCK);
  const end = Date.now() + PATIENCE_MILLIS;
  for (;;) {
    const descriptor = inFolder(data, () => tryLock(path));
    if (descriptor !== undefined) return held(descriptor);
    const holder = readHolder(path);
    // A live holder keeps the lock. The workerd of a dead one is about to end.
    const stays = holder === undefined || holder.host !== hostname() || isAlive(holder.serve);
    if (stays || Date.now() > end) throw new LockedError(sentence(data, holder));
    await new Promise((done) => setTimeout(done, BETWEEN_MILLIS));
  }
}

/** Returns the descriptor that holds the lock, or undefined when another process holds it. */
function tryLock(path: string): number | undefined {
  const { O_RDWR, O_CREAT, O_NONBLOCK } = constants;
  if (process.platform === "darwin" || process.platform === "freebsd") {
    try {
      return openSync(path, O_RDWR | O_CREAT | O_NONBLOCK | O_EXLOCK, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
      throw error;
    }
  }
  const descriptor = openSync(path, O_RDWR | O_CREAT, 0o600);
  const isHeld = () => {
    closeSync(descriptor);
    return undefined;
  };
  for (const [program, ...words] of process.platform === "linux" ? LOCKERS : []) {
    const { status, error, stderr } = spawnSync(program, words, {
      stdio: ["ignore", "ignore", "pipe", descriptor],
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C" },
      encoding: "utf8",
    });
    if (error !== undefined) continue;
    if (status === 0) return descriptor;
    if (status === 1 && stderr === "") return isHeld();
    throw new FolderError(
      `${path} cannot be locked: ${stderr.trim()}. Choose a folder on a local disk with --data.`,
    );
  }
  // Neither program is there, or this is Windows. The file names the holder, whose process may be gone.
  const holder = readHolder(path);
  const others = [holder?.serve, holder?.workerd].filter(
    (one) => one && one.pid !== process.pid && isAlive(one),
  );
  return others.length > 0 ? isHeld() : descriptor;
}

function held(descriptor: number): Lock {
  const note = (workerd: number | undefined) => {
    const holder: Holder = {
      host: hostname(),
      serve: { pid: process.pid, started: startOf(process.pid) },
      workerd: workerd === undefined ? null : { pid: workerd, started: startOf(workerd) },
    };
    try {
      ftruncateSync(descriptor);
      writeSync(descriptor, `${JSON.stringify(holder)}\n`, 0);
    } catch {
      // The disk is full. The lock holds anyway; only the error message of a second process says less.
    }
  };
  note(undefined);
  return { descriptor, note };
}

function readHolder(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, "utf8")) as Holder;
    return Number.isInteger(holder.serve.pid) ? holder : undefined;
  } catch {
    // It is being written, or it is from elsewhere.
    return undefined;
  }
}

function sentence(data: string, holder: Holder | undefined): string {
  const [who, what] = whoAndWhat(holder);
  return `${data} is in use by ${who}: ${what}, or choose another folder with --data.`;
}

function whoAndWhat(holder: Holder | undefined): [who: string, what: string] {
  if (holder === undefined) return ["another process", "end that process"];
  const { host, serve, workerd } = holder;
  if (host !== hostname()) return [`process ${serve.pid} on ${host}`, "end that process"];
  if (isAlive(serve) || workerd === null) return [`process ${serve.pid}`, "end that process"];
  const who = `process ${workerd.pid}, the workerd of a capi-bridge that was killed`;
  return [who, `end it with "kill ${workerd.pid}"`];
}

function isAlive({ pid, started }: Process): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process is there too.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = startOf(pid);
  return started === null || now === null || now === started;
}

/** Returns the start time of a process on Linux, else null. Pids are reused; a pid at a start time is not. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name, second and in parentheses, may hold anything. State is the field after it, start the 20th from there.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // A zombie holds nothing.
    return fields[0] === "Z" ? "ended" : (fields[19] ?? null);
  } catch {
    return null;
  }
}
