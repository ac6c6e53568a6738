// The data folder: it exists, this process can write it, and only its user can read it.

import { accessSync, chmodSync, constants, lstatSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** The data folder cannot be used. A later start fails as well. */
export class FolderError extends Error {}
/** The disk of the data folder is full or failing. A later start may succeed: another program may make room. */
export class DiskError extends Error {}

/** The folder of the Durable Objects, that is of the outbox. */
export const OBJECTS = "durable-objects";
/** The file whose lock says that a process uses the folder. */
export const LOCK = "lock";
/** The file that holds room for the outbox's own work. */
export const RESERVE = "reserve";
/** The names of all files and folders that a bridge writes there. */
export const OURS = [OBJECTS, LOCK, RESERVE, "workerd.capnp"];

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

const { R_OK, W_OK, X_OK } = constants;

/**
 * Makes the data folder.
 *
 * @throws {FolderError} when it cannot be made or written
 */
export function makeFolder(data: string): void {
  inFolder(data, () => {
    mkdirSync(join(data, OBJECTS), { recursive: true, mode: FOLDER_MODE });
    accessSync(data, R_OK | W_OK | X_OK);
  });
}

/**
 * Takes the rights of group and others from all that a bridge writes: earlier versions left files that every
 * user of the machine could read. A folder that also holds other files keeps its own mode, so that `--data .`
 * does not lock other users out of a project.
 *
 * @returns the paths that belong to another user and so keep their mode
 * @throws {FolderError} when something of it cannot be read and written
 */
export function restrictFolder(data: string): string[] {
  const kept: string[] = [];
  const restrict = (path: string, mode: number, needed: number) => {
    try {
      if ((statSync(path).mode & 0o777) !== mode) chmodSync(path, mode);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
      kept.push(path);
    }
    accessSync(path, needed);
  };
  const restrictAll = (path: string) => {
    const stats = lstatSync(path);
    // A link may lead out of the folder.
    if (stats.isSymbolicLink()) return;
    if (!stats.isDirectory()) return restrict(path, FILE_MODE, R_OK | W_OK);
    restrict(path, FOLDER_MODE, R_OK | W_OK | X_OK);
    for (const name of readdirSync(path)) restrictAll(join(path, name));
  };
  inFolder(data, () => {
    const names = readdirSync(data);
    if (names.every((name) => OURS.includes(name))) restrict(data, FOLDER_MODE, R_OK | W_OK | X_OK);
    for (const name of names.filter((name) => OURS.includes(name))) restrictAll(join(data, name));
  });
  return kept;
}

/**
 * Runs `use`.
 *
 * @throws {DiskError} when the disk is full, with what to do
 * @throws {FolderError} when the file system refuses for another reason, with it and what to do
 */
export function inFolder<T>(data: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw folderError(data, error);
  }
}

/** Returns the error to throw: a `DiskError` or a `FolderError` if the file system refused something in the folder. */
export function folderError(data: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, errno, path } = error as NodeJS.ErrnoException;
  const isFolder = path === undefined || path === data || path.startsWith(join(data, "/"));
  if (code === undefined || errno === undefined || !isFolder) return error;
  const inside = path !== undefined && path !== data ? ` (${path})` : "";
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new DiskError(
      `--data ${data} cannot be written${inside}: the disk is full (${code}). Make room on it.`,
    );
  }
  const user = process.getuid?.() ?? "?";
  return new FolderError(
    `--data ${data} cannot be written${inside}: ${code}, as user ${user}. ` +
      `Give the folder to that user or choose another one with --data.`,
  );
}
