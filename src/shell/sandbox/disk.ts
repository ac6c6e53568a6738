// Stores a sandbox in a folder: a snapshot, and a log of the changes after it.
//
// A change is in the log before its request is answered, so a process that is killed loses nothing that was answered. The
// files have a number. A new snapshot gets the next number and is renamed into place when it is whole; the files of the
// number before are then deleted. So each log belongs to one snapshot and is never applied twice.

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "#wasm/sandbox";
import { folderError, inFolder } from "../serve/folder.ts";
import type { Store } from "./answer.ts";

/** The size of a log from which a snapshot replaces it, in bytes. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;

const NEW_LINE = new TextEncoder().encode("\n");

/** The folder of a sandbox. */
export class Disk implements Store {
  readonly #folder: string;
  readonly #tell: (line: string) => void;
  #number = 0;
  #log: number | undefined;
  #logBytes = 0;
  /** The log has a damaged part. The next snapshot takes its place. */
  #isDamaged = false;

  /** The descriptor that holds the lock of the folder. */
  readonly #lock: number;

  /**
   * Opens a folder that this process has locked. `tell` gets a sentence about each damaged file.
   *
   * @throws {FolderError} when the folder cannot be read and written
   */
  constructor(folder: string, lock: number, tell: (line: string) => void) {
    this.#folder = folder;
    this.#lock = lock;
    this.#tell = tell;
    inFolder(folder, () => {
      const numbers = readdirSync(folder).flatMap((name) => /^sandbox-(\d+)\.json$/.exec(name)?.[1] ?? []);
      this.#number = Math.max(0, ...numbers.map(Number));
      this.#open();
    });
  }

  /** Returns true when the log is so long, or so damaged, that a snapshot should take its place. */
  get wantsSnapshot(): boolean {
    return this.#isDamaged || this.#logBytes > MAX_LOG_BYTES;
  }

  restore(sandbox: Sandbox): void {
    inFolder(this.#folder, () => {
      const snapshot = this.#read(this.#path("json"));
      if (snapshot !== undefined) {
        const why = sandbox.restore(snapshot);
        if (why !== undefined) {
          this.#setAside(this.#path("json"), `${why} The sandbox starts empty`);
          this.#setAside(this.#path("jsonl"), "it belongs to that file");
          return;
        }
      }
      const log = this.#read(this.#path("jsonl"));
      if (log === undefined) return;
      const line = sandbox.replay(log);
      // A last line without its end was being written when the process was killed: it was not answered.
      this.#isDamaged = line !== undefined || (log.length > 0 && log[log.length - 1] !== NEW_LINE[0]);
      if (line !== undefined) {
        this.#setAside(
          this.#path("jsonl"),
          `line ${line} cannot be read. The sandbox has what was before it`,
        );
      }
    });
  }

  append(changes: Uint8Array): void {
    if (this.#log === undefined) return;
    try {
      writeAll(this.#log, changes);
      writeAll(this.#log, NEW_LINE);
      this.#logBytes += changes.length + 1;
    } catch (error) {
      // A part of the line may be in the log.
      this.#isDamaged = true;
      throw folderError(this.#folder, error);
    }
  }

  /** Stores the whole state. Its log starts empty. */
  write(snapshot: Uint8Array): void {
    inFolder(this.#folder, () => {
      const before = [this.#path("json"), this.#path("jsonl")];
      const temporary = join(this.#folder, "sandbox.json.tmp");
      const file = openSync(temporary, "w", 0o600);
      try {
        writeAll(file, snapshot);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, join(this.#folder, `sandbox-${this.#number + 1}.json`));
      this.#closeLog();
      this.#number += 1;
      this.#open();
      this.#isDamaged = false;
      for (const path of before) rmSync(path, { force: true });
    });
  }

  /** Closes the files and unlocks the folder. */
  close(): void {
    if (this.#log === undefined) return;
    this.#closeLog();
    closeSync(this.#lock);
  }

  #closeLog(): void {
    if (this.#log !== undefined) closeSync(this.#log);
    this.#log = undefined;
  }

  #path(extension: "json" | "jsonl"): string {
    return join(this.#folder, `sandbox-${this.#number}.${extension}`);
  }

  #open(): void {
    this.#log = openSync(this.#path("jsonl"), "a", 0o600);
    this.#logBytes = 0;
  }

  #read(path: string): Uint8Array | undefined {
    try {
      return readFileSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  #setAside(path: string, why: string): void {
    const aside = `${path}.damaged-${Date.now()}`;
    try {
      renameSync(path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    this.#isDamaged = true;
    this.#tell(`${path} is damaged: ${why}. It was kept as ${aside}.`);
  }
}

/**
 * Makes the folder.
 *
 * @throws {FolderError} when it cannot be made
 */
export function makeFolder(folder: string): void {
  inFolder(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}
