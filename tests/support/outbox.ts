// What a worker other than ours leaves in an outbox.

import { startWorkerd } from "../../src/shell/serve/workerd.ts";
import { ROOT } from "./sandbox.ts";

/** Has the worker of a fixture do what it does to the outbox in `state`; what it answers. */
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
