// Tests never fail because another process has a port: how the suites come by theirs.

import { createServer, type AddressInfo, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { retryWhileTaken } from "../../src/shell/serve/workerd.ts";
import { onFreePort } from "../support/free-port.ts";
import { scratch } from "../support/sandbox.ts";
import { startEdge } from "../support/started.ts";

/** A server of another process, as far as the port is concerned. */
let other: Server;
afterEach(() => new Promise((done) => other.close(done)));
async function taken(): Promise<number> {
  other = createServer();
  await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
  return (other.address() as AddressInfo).port;
}

test("a port that was taken between the look and the start is replaced by another one", async () => {
  const first = await taken();
  const picked: number[] = [];
  const edge = await onFreePort(
    (port) => startEdge("http://127.0.0.1:9", {}, { port }),
    async () => {
      const port = picked.length === 0 ? first : 0;
      picked.push(port);
      return port;
    },
  );
  expect(picked).toEqual([first, 0]);
  expect((await fetch(`${edge.url}/bridge/health`)).status).toBe(200);
});

test("a start that fails for another reason is not tried again", async () => {
  other = createServer();
  let starts = 0;
  const failing = onFreePort(async () => {
    starts += 1;
    throw new Error("no such worker");
  });
  await expect(failing).rejects.toThrow("no such worker");
  expect(starts).toBe(1);
});

test("a restart at the same port waits until another process has left it", async () => {
  const port = await taken();
  const state = scratch("taken");
  setTimeout(() => other.close(), 1_000);
  const edge = await retryWhileTaken(() => startEdge("http://127.0.0.1:9", {}, { port, state }));
  expect(new URL(edge.url).port).toBe(String(port));
  other = createServer().listen(0, "127.0.0.1");
});
