// The sandbox in a workerd of its own, and what it has seen.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report as SeenReport } from "../../src/shell/testing/api.ts";
import { sandbox as service } from "../../src/shell/testing/services.ts";
import { startWorkerd } from "../../src/shell/serve/workerd.ts";
import { eventually } from "./eventually.ts";

export type { Copy, SeenEvent as Seen, GraphRequest } from "../../src/shell/testing/api.ts";

/** Everything that the sandbox has seen, and the failure that it is told to answer with. */
export interface Report extends SeenReport {
  fault: { status: number; remaining: number } | null;
}

/** The project's root. */
export const ROOT = new URL("../..", import.meta.url).pathname;

/** A folder that no other test uses. */
export const scratch = (name: string) => mkdtempSync(join(tmpdir(), `capi-bridge-${name}-`));

/** A running sandbox. */
export type Sandbox = Awaited<ReturnType<typeof startSandbox>>;

/** Starts a sandbox. */
export async function startSandbox() {
  const running = await startWorkerd({
    services: [service(ROOT)],
    ports: { sandbox: 0 },
    state: scratch("sandbox"),
  });
  const url = running.urls["sandbox"] ?? "";
  const report = async () => (await (await fetch(`${url}/api/events`)).json()) as Report;
  return {
    url,
    stop: running.stop,
    report,
    /** Forgets what it has seen, and any fault. */
    async reset() {
      await fetch(`${url}/api/events`, { method: "DELETE" });
      await fetch(`${url}/api/fault`, { method: "DELETE" });
    },
    /** Answers the next requests to the Graph edge with this status, or only those with this event. */
    async fail(status: number, times: number, event_id?: string) {
      const answer = await fetch(`${url}/api/fault`, {
        method: "PUT",
        body: JSON.stringify({ status, times, event_id }),
      });
      if (!answer.ok) throw new Error(`PUT /api/fault: ${answer.status} ${await answer.text()}`);
    },
    /** The event with this id, once its server copy is there. */
    arrived: (id: string) =>
      eventually(`the server copy of ${id}`, async () =>
        (await report()).events.find((event) => event.event_id === id && event.server !== null),
      ),
  };
}
