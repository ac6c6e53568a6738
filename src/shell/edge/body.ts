// Reads bodies, within limits of bytes and time.

import type { UnreadReason } from "#wasm/edge";
import { Trap } from "../wasm/guard.ts";

/**
 * The most bytes of a body that is read in one piece, which is half the work. Its length must be known. Until
 * they arrive no memory is reserved for them: a connection has larger buffers of its own.
 */
const MAX_BYTES_AT_ONCE = 4 * 1024;
/** The size of the first buffer for a piece of a body, and of the largest, in bytes. */
const MIN_PIECE_BYTES = 4 * 1024;
const MAX_PIECE_BYTES = 64 * 1024;

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
    return await Promise.race([isShort ? atOnce(from, hold) : inPieces(from, limit, hold, pieces), late]);
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

/** Reads a short body in one piece. Reserves memory once it is there. */
async function atOnce(from: Request | Response, hold: (bytes: number) => boolean): Promise<Uint8Array> {
  const body = new Uint8Array(await from.arrayBuffer());
  holdOrStop(hold, body.length);
  return body;
}

/** Returns the next piece of a body, and stops the reading. */
interface PieceReader {
  next(): Promise<ReadableStreamReadResult<Uint8Array>>;
  stop(): Promise<void>;
}

function piecesOf(body: ReadableStream<Uint8Array>): PieceReader {
  const buffered = intoBuffers(body);
  if (buffered !== undefined) return buffered;
  const reader = body.getReader();
  return { next: () => reader.read(), stop: () => reader.cancel() };
}

/**
 * Reads into buffers that grow with what arrives: workerd's usual pieces have at most 4 KiB. Returns undefined
 * on any other host, and for a stream that takes no buffer.
 */
function intoBuffers(body: ReadableStream<Uint8Array>): PieceReader | undefined {
  // Only workerd has `readAtLeast`. Some streams of other hosts never end a reading into a buffer.
  const isWorkerd =
    typeof ReadableStreamBYOBReader !== "undefined" && "readAtLeast" in ReadableStreamBYOBReader.prototype;
  if (!isWorkerd) return undefined;
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
  let size = MIN_PIECE_BYTES;
  const next = async () => {
    const read = await reader.read(new Uint8Array(size));
    if (read.done) return { done: true } as const;
    const { value } = read;
    if (value.length < size) {
      // A copy, so that a small piece does not keep a large buffer.
      return { done: false, value: value.slice() } as const;
    }
    size = Math.min(2 * size, MAX_PIECE_BYTES);
    return { done: false, value } as const;
  };
  return { next, stop: () => reader.cancel() };
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
  const reader = from.body ? piecesOf(from.body as ReadableStream<Uint8Array>) : undefined;
  pieces.stop = () => {
    chunks.length = 0;
    // Does not wait: a sender that sends slowly also ends slowly.
    reader?.stop().catch(() => undefined);
  };
  while (reader !== undefined && length <= limit) {
    const { done, value } = await reader.next();
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
