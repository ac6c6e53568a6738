// Changes an outbox with a worker of a fixture, as an older release or another clock would.

import { startWorkerd } from "../../src/shell/serve/workerd.ts";
import { ROOT } from "./sandbox.ts";

/** Runs the worker of a fixture on the outbox in `state`. Returns its answer. */
export async function changeOutbox(fixture: string, state: string, ...parameters: unknown[]) {
  const running = await startWorkerd({
    services: [
      {
        name: fixture,
        folder: `${ROOT}tests/edge/fixtures/${fixture}`,
        bindings: { OUTBOX: { durableObject: "Outbox" } },
        durableObjects: ["Outbox"],
      },
    ],
    ports: { [fixture]: 0 },
    state,
  });
  try {
    const body = JSON.stringify(parameters);
    const answer = await fetch(running.urls[fixture] ?? "", { method: "POST", body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the fixture ${fixture} answered ${answer.status}: ${text}`);
    return text;
  } finally {
    await running.stop();
  }
}
