// An outbox that an older version of the worker left on disk.

import { expect, test } from "vitest";
import { startWorkerd } from "../../src/shell/serve/workerd.ts";
import { DATASET, KEY, serverEvent, startEdge } from "../support/edge.ts";
import { scratch, startSandbox } from "../support/sandbox.ts";

test("an outbox of layout 1 loses nothing: what waits goes out, the quarantine can be replayed", async () => {
  const sandbox = await startSandbox();
  const state = scratch("layout");
  const [waiting, quarantined] = [serverEvent(), serverEvent()];
  const old = await startWorkerd({
    services: [
      {
        name: "old",
        folder: new URL("fixtures/layout-1", import.meta.url).pathname,
        bindings: { OUTBOX: { durableObject: "Outbox" } },
        durableObjects: ["Outbox"],
      },
    ],
    ports: { old: 0 },
    state,
  });
  const body = JSON.stringify([DATASET, JSON.stringify(waiting), JSON.stringify(quarantined)]);
  expect((await fetch(old.urls["old"] ?? "", { method: "POST", body })).status).toBe(200);
  await old.stop();

  const edge = await startEdge(sandbox.url, {}, state);
  const [status] = (await edge.status()).datasets;
  expect(status?.quarantined).toBe(1);
  await sandbox.arrived(waiting.event_id);
  const headers = { authorization: `Bearer ${KEY}` };
  const replayed = await fetch(`${edge.url}/bridge/replay`, { method: "POST", headers });
  expect(replayed.status).toBe(200);
  await sandbox.arrived(quarantined.event_id);
  await edge.stop();
  await sandbox.stop();
});
