// Watches the disk under the data folder. workerd cannot see how full it is, so this process looks, and tells
// the worker which events have room. A reserve file holds room for the outbox's own work. It is deleted when
// the disk is nearly full, so that accepted events can still be sent.

import { randomFillSync } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { DiskRoom } from "#wasm/edge";
import { OURS, RESERVE } from "./folder.ts";

/** The smallest limit that a configuration may set. */
const MIN_BACKLOG_BYTES = 1_000_000;
/** The part of the free disk that events may take. The rest is for SQLite's log and for others. */
const BACKLOG_SHARE = 0.8;
/** The part of the free disk that the reserve file holds for the outbox's own work. */
const RESERVE_SHARE = 0.1;
/** The smallest and the largest reserve, in bytes. */
const MIN_RESERVE_BYTES = 1024 * 1024;
const MAX_RESERVE_BYTES = 64 * 1024 * 1024;
/** The reserve is made again once this many times its size is free. */
const ROOM_FOR_RESERVE = 3;

/** The time between two looks, in milliseconds: usually, and with less room than `LITTLE_ROOM` reserves. */
const LOOK_EVERY_MILLIS = 1_000;
const LOOK_CLOSELY_EVERY_MILLIS = 100;
const LITTLE_ROOM = 10;

/** A disk whose free room is watched. */
export interface WatchedDisk {
  /** The most bytes that the outbox may hold, unless the configuration says otherwise. */
  maxBacklogBytes: number;
  /** Calls `onRoom` now and whenever the room changes. If it fails, calls it again. */
  watch(onRoom: (room: DiskRoom) => Promise<void>): void;
  stop(): void;
}

/**
 * Returns the disk under a folder. If it is full already, deletes the reserve before anything starts.
 *
 * @throws {Error} the file system's, when it refuses
 */
export function watchedDisk(data: string): WatchedDisk {
  const file = join(data, RESERVE);
  // The bytes that the bridge's own files use already count as free for the outbox.
  const own = freeBytes(data) + ownBytes(data);
  const reserve = Math.min(Math.max(Math.floor(own * RESERVE_SHARE), MIN_RESERVE_BYTES), MAX_RESERVE_BYTES);
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  /** Deletes the reserve or makes it again. Returns the bytes that are free for events. */
  const left = (): number => {
    const free = freeBytes(data);
    const held = sizeOf(file);
    if (held > 0 && free < reserve / 4) {
      rmSync(file, { force: true });
      return free + held - reserve;
    }
    if (held === 0 && free >= reserve * ROOM_FOR_RESERVE) {
      hold(file, reserve);
      return free - reserve;
    }
    return held > 0 ? free : free - reserve;
  };
  left();
  return {
    maxBacklogBytes: Math.max(MIN_BACKLOG_BYTES, Math.floor(own * BACKLOG_SHARE)),
    watch(onRoom) {
      let told: DiskRoom | undefined;
      const look = async () => {
        let bytes = Infinity;
        try {
          bytes = left();
          const room = bytes >= reserve ? "pages" : bytes >= reserve / 2 ? "servers" : "nobody";
          if (room !== told) {
            await onRoom(room);
            told = room;
          }
        } catch {
          // The folder is gone, or workerd does not answer yet: the next look tries again.
        }
        const isClose = bytes < reserve * LITTLE_ROOM;
        if (isStopped) return;
        timer = setTimeout(
          () => void look(),
          isClose ? LOOK_CLOSELY_EVERY_MILLIS : LOOK_EVERY_MILLIS,
        ).unref();
      };
      void look();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Returns the bytes of the bridge's own files in the data folder. The folder may also hold files of others. */
function ownBytes(data: string): number {
  return sum(OURS.map((name) => bytesAt(join(data, name))));
}

/** Returns the bytes of a file, or of all files in a folder. Links count nothing: they may lead out of the folder. */
function bytesAt(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) return stats.size;
  return stats?.isDirectory() ? sum(namesIn(path).map((name) => bytesAt(join(path, name)))) : 0;
}

/** Returns the names in a folder: none if it cannot be read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);

/** Writes a file that holds room: random bytes, since zeros would take none on a disk that compresses. */
function hold(file: string, bytes: number): void {
  const part = randomFillSync(Buffer.alloc(Math.min(bytes, 1024 * 1024)));
  const descriptor = openSync(file, "w");
  try {
    for (let written = 0; written < bytes;) {
      written += writeSync(descriptor, part, 0, Math.min(part.length, bytes - written));
    }
    fsyncSync(descriptor);
  } catch (error) {
    // A quota, or another program that was faster: the outbox needs this room.
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
