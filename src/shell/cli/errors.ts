// The errors that end the command, each with its exit status.

import { LockedError } from "../serve/lock.ts";
import { DiskError, FolderError } from "../serve/folder.ts";
import { ConfigurationError } from "../serve/errors.ts";
import { AddressError } from "../serve/workerd.ts";

/** A mistake in the command line. */
export class UsageError extends Error {}
/** A value that a command was given and cannot use. */
export class DataError extends Error {}
/** Something that a command needs and that does not answer or is not installed. */
export class UnavailableError extends Error {}
/** An error of another part of the package, with its exit status: classes of files that load apart are not the same. */
export class StatusError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The exit statuses, with the numbers of sysexits.h where they fit. `docs/command.md` lists them. */
const STATUSES: [kind: new (...words: never[]) => Error, status: number][] = [
  [UsageError, 64],
  [DataError, 65],
  [UnavailableError, 69],
  [AddressError, 69],
  [FolderError, 73],
  [DiskError, 74],
  [LockedError, 75],
  [ConfigurationError, 78],
];

/** Returns the exit status for an error: 1 for an error that is not in the list. */
export function statusOf(error: unknown): number {
  if (error instanceof StatusError) return error.status;
  return STATUSES.find(([kind]) => error instanceof kind)?.[1] ?? 1;
}
