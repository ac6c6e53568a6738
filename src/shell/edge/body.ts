// A body, as far as it is allowed to go, and as long as it may take.

/** A body that did not arrive whole: too slowly, or its connection broke. The message says what was expected. */
export class UnreadBody extends Error {
  readonly status: 400 | 408;
  readonly code: "body_broken_off" | "body_too_slow";

  constructor(message: string, isSlow: boolean, options?: ErrorOptions) {
    super(message, options);
    [this.status, this.code] = isSlow ? [408, "body_too_slow"] : [400, "body_broken_off"];
  }
}

/**
 * Reads a body; stops one byte above `limit`, so that whoever looks at its length sees that it was
 * too long without all of it having been kept.
 *
 * @throws {UnreadBody} when it took longer than `withinMillis`, or broke off
 */
export async function readAtMost(
  from: Request | Response,
  limit: number,
  withinMillis?: number,
): Promise<Uint8Array> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, fail) => {
    if (withinMillis === undefined) return;
    const message = `expected the whole body within ${withinMillis} ms`;
    timer = setTimeout(() => fail(new UnreadBody(message, true)), withinMillis);
  });
  try {
    // A body whose length is known and small enough is read at once by the host: half the work.
    const length = from.headers.get("content-length");
    const whole = length !== null && Number(length) <= limit && !from.headers.has("content-encoding");
    return await Promise.race([
      whole ? from.arrayBuffer().then((all) => new Uint8Array(all)) : inPieces(from, limit),
      late,
    ]);
  } catch (error) {
    if (error instanceof UnreadBody) throw error;
    throw new UnreadBody("expected the whole body; it broke off", false, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function inPieces(from: Request | Response, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = from.body?.getReader();
  while (reader !== undefined && length <= limit) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  // Not waited for: whoever sends slowly also ends slowly.
  reader?.cancel().catch(() => undefined);
  const body = new Uint8Array(Math.min(length, limit + 1));
  let at = 0;
  for (const chunk of chunks) {
    const rest = chunk.subarray(0, body.length - at);
    body.set(rest, at);
    at += rest.length;
  }
  return body;
}
