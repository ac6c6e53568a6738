// Reads bodies, within limits of bytes and time.

import type { UnreadReason } from "#wasm/edge";
import { Trap } from "./engine.ts";

/** The most bytes of a body that is read in one piece, which is half the work. Its length must be known. */
const MAX_BYTES_AT_ONCE = 64 * 1024;

/** A body that was not read to its end. The message says what was expected. */
export class UnreadBody extends Error {
  readonly why: UnreadReason;
  /** The HTTP status of an answer to an operator. */
  readonly status: 400 | 408 | 503;

  constructor(message: string, why: UnreadReason, options?: ErrorOptions) {
    super(message, options);
    this.why = why;
    this.status = why === "slow" ? 408 : why === "broken" ? 400 : 503;
  }
}

/** The limits for reading a body. */
export interface Reading {
  /** The most milliseconds until the whole body has arrived. */
  withinMillis?: number;
  /** Reserves memory for bytes. Returns false if there is none. */
  hold?: (bytes: number) => boolean;
}

/**
 * Reads a body. Cuts a longer body to `limit + 1` bytes, so that its length shows that it was too long.
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
  // Stops the reading in pieces when the time is up, and frees the pieces that have arrived.
  const pieces: Pieces = {};
  try {
    const length = announcedLength(from.headers);
    const isShort = length !== undefined && length <= Math.min(limit, MAX_BYTES_AT_ONCE);
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

/**
 * Returns the length that the host guarantees for a body; undefined if there is none. `Transfer-Encoding`
 * overrides `Content-Length` (RFC 9112, section 6.3), and a compressed body is longer than its length says.
 */
function announcedLength(headers: Headers): number | undefined {
  if (headers.has("transfer-encoding") || headers.has("content-encoding")) return undefined;
  const text = headers.get("content-length") ?? "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The handle that stops a body that is read in pieces. */
interface Pieces {
  stop?: () => void;
}

function holdOrStop(hold: (bytes: number) => boolean, bytes: number): void {
  if (!hold(bytes)) throw new UnreadBody("there is no memory for another body; come again", "busy");
}

/** Reads a body in pieces. Reserves memory as bytes arrive, because an announced body may never come. */
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
    // Does not wait: a sender that sends slowly also ends slowly.
    reader?.cancel().catch(() => undefined);
  };
  while (reader !== undefined && length <= limit) {
    const { done, value } = await reader.read();
    if (done) break;
    holdOrStop(hold, Math.min(value.length, limit + 1 - length));
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
