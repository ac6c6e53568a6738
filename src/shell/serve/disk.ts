// The disk under the data folder. workerd does not see how full it is, so this process looks, and tells the worker
// whose events there is room for. A file holds some room for the outbox's own work: it is deleted when others have
// filled the disk, so that what was accepted can still go out.

import { randomFillSync } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { DiskRoom } from "#wasm/edge";
import { RESERVE } from "./folder.ts";

/** The smallest limit that a configuration may set. */
const MIN_BACKLOG_BYTES = 1_000_000;
/** The part of the free disk that events may take. The rest is for SQLite's log and for others. */
const BACKLOG_SHARE = 0.8;
/** The part of the free disk that is held for the outbox's own work, */
const RESERVE_SHARE = 0.1;
/** but not less, and not more. */
const MIN_RESERVE_BYTES = 1024 * 1024;
const MAX_RESERVE_BYTES = 64 * 1024 * 1024;
/** The reserve is made again once so many times its size is free. */
const ROOM_FOR_RESERVE = 3;

/** How often to look while the disk has much room, and while it has little: so many reserves. */
const LOOK_EVERY_MILLIS = 1_000;
const LOOK_CLOSELY_EVERY_MILLIS = 100;
const LITTLE_ROOM = 10;

/** A disk that is looked after. */
export interface WatchedDisk {
  /** How many bytes the outbox may hold, where the configuration does not say. */
  maxBacklogBytes: number;
  /** Calls `onRoom` with whose events there is room for: now, and when it changes. When it fails, it is called again. */
  watch(onRoom: (room: DiskRoom) => Promise<void>): void;
  stop(): void;
}

/** Looks at the disk under a folder. On a disk that is full already, the reserve is given up before anything starts. */
export function watchedDisk(data: string): WatchedDisk {
  const file = join(data, RESERVE);
  // What the folder has already is its own to use.
  const own = freeBytes(data) + bytesIn(data);
  const reserve = Math.min(Math.max(Math.floor(own * RESERVE_SHARE), MIN_RESERVE_BYTES), MAX_RESERVE_BYTES);
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  /** Gives the reserve up or makes it again; the bytes that are free for events. */
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
          // The folder is gone, or workerd does not answer yet: the next look tells.
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

/** Bytes of the files in a folder. */
function bytesIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return files.reduce((sum, one) => sum + sizeOf(join(one.parentPath, one.name)), 0);
}

/** Writes a file that holds room: random bytes, since zeros would take none on a disk that compresses. */
function hold(file: string, bytes: number): void {
  const part = randomFillSync(Buffer.alloc(Math.min(bytes, 1024 * 1024)));
  const descriptor = openSync(file, "w");
  try {
    for (let written = 0; written < bytes;) {
      written += writeSync(descriptor, part, 0, Math.min(part.length, bytes - written));
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
