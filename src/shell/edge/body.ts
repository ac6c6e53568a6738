// A body, as far as it is allowed to go, and as long as it may take.

import type { UnreadReason } from "#wasm/edge";
import { Trap } from "./engine.ts";

/** A body of a length that is known and no more than this is read at once, which is half the work. */
const MAX_BYTES_AT_ONCE = 64 * 1024;

/** A body that was not read to its end. The message says what was expected. */
export class UnreadBody extends Error {
  readonly why: UnreadReason;
  /** What an operator is answered. */
  readonly status: 400 | 408 | 503;

  constructor(message: string, why: UnreadReason, options?: ErrorOptions) {
    super(message, options);
    this.why = why;
    this.status = why === "slow" ? 408 : why === "broken" ? 400 : 503;
  }
}

/** How a body is read. */
export interface Reading {
  /** How long it may take, in milliseconds. */
  withinMillis?: number;
  /** Asks for memory for bytes; false when there is none. */
  hold?: (bytes: number) => boolean;
}

/**
 * Reads a body. Stops one byte above `limit`: the length then says that it was too long, and the rest was
 * not kept.
 *
 * @throws {UnreadBody} when it took too long, broke off, or there was no memory for it
 */
export async function readAtMost(
  from: Request | Response,
  limit: number,
  { withinMillis, hold = () => true }: Reading = {},
): Promise<Uint8Array> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, fail) => {
    if (withinMillis === undefined) return;
    const message = `expected the whole body within ${withinMillis} ms`;
    timer = setTimeout(() => fail(new UnreadBody(message, "slow")), withinMillis);
  });
  // Ends the reading in pieces when the time is up: what has arrived by then is let go at once.
  const pieces: Pieces = {};
  try {
    const length = Number(from.headers.get("content-length") ?? Number.NaN);
    const isShort = length <= Math.min(limit, MAX_BYTES_AT_ONCE) && !from.headers.has("content-encoding");
    if (isShort) holdOrStop(hold, length);
    return await Promise.race([
      isShort ? from.arrayBuffer().then((all) => new Uint8Array(all)) : inPieces(from, limit, hold, pieces),
      late,
    ]);
  } catch (error) {
    if (error instanceof UnreadBody || error instanceof Trap) throw error;
    throw new UnreadBody("expected the whole body; it broke off", "broken", { cause: error });
  } finally {
    pieces.stop?.();
    clearTimeout(timer);
  }
}

/** A body that is read in pieces. */
interface Pieces {
  stop?: () => void;
}

function holdOrStop(hold: (bytes: number) => boolean, bytes: number): void {
  if (!hold(bytes)) throw new UnreadBody("there is no memory for another body; come again", "busy");
}

/** Counts what arrives: a body that is announced and does not come holds nothing. */
async function inPieces(
  from: Request | Response,
  limit: number,
  hold: (bytes: number) => boolean,
  pieces: Pieces,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = from.body?.getReader();
  pieces.stop = () => {
    chunks.length = 0;
    // Not waited for: whoever sends slowly also ends slowly.
    reader?.cancel().catch(() => undefined);
  };
  while (reader !== undefined && length <= limit) {
    const { done, value } = await reader.read();
    if (done) break;
    holdOrStop(hold, value.length);
    chunks.push(value);
    length += value.length;
  }
  const body = new Uint8Array(Math.min(length, limit + 1));
  let at = 0;
  for (const chunk of chunks) {
    const rest = chunk.subarray(0, body.length - at);
    body.set(rest, at);
    at += rest.length;
  }
  return body;
}
