// A body, as far as it is allowed to go.

/**
 * Reads a body; stops one byte above `limit`, so that whoever looks at its length sees that it was
 * too long without all of it having been kept.
 */
export async function readAtMost(from: Request | Response, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = from.body?.getReader();
  while (reader !== undefined && length <= limit) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  await reader?.cancel();
  const body = new Uint8Array(Math.min(length, limit + 1));
  let at = 0;
  for (const chunk of chunks) {
    const rest = chunk.subarray(0, body.length - at);
    body.set(rest, at);
    at += rest.length;
  }
  return body;
}
