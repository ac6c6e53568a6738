// Starts the services for the tests of one file. They end after the last test, even if a test failed.

import { afterAll } from "vitest";
import * as workerds from "../../src/shell/serve/workerd.ts";
import * as edges from "./edge.ts";
import * as origins from "./origin.ts";
import * as sandboxes from "./sandbox.ts";

interface Running {
  stop(): Promise<unknown>;
}

const started: Running[] = [];
afterAll(async () => {
  // Stops in reverse order, so that senders end before receivers.
  for (const running of started.reverse()) await running.stop();
});

const untilTheEnd =
  <Options extends unknown[], Started extends Running>(start: (...options: Options) => Promise<Started>) =>
  async (...options: Options) => {
    const running = await start(...options);
    started.push(running);
    return running;
  };

export const startEdge = untilTheEnd(edges.startEdge);
export const startSandbox = untilTheEnd(sandboxes.startSandbox);
export const startOrigin = untilTheEnd(origins.startOrigin);
export const startWorkerd = untilTheEnd(workerds.startWorkerd);

/** Starts a sandbox, and an edge worker that sends to it. */
export async function startBridge(changes: object = {}, own: edges.Own = {}) {
  const sandbox = await startSandbox();
  return { sandbox, edge: await startEdge(sandbox.url, changes, own) };
}
