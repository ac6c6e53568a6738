// An outbox that an older version of the worker left on disk.

import { expect, test } from "vitest";
import { DATASET, KEY, serverEvent } from "../support/edge.ts";
import { changeOutbox } from "../support/outbox.ts";
import { scratch } from "../support/sandbox.ts";
import { startBridge } from "../support/started.ts";

test("an outbox of layout 1 loses nothing: what waits goes out, the quarantine can be replayed", async () => {
  const state = scratch("layout");
  const [waiting, quarantined] = [serverEvent(), serverEvent()];
  await changeOutbox("layout-1", state, DATASET, JSON.stringify(waiting), JSON.stringify(quarantined));

  const { sandbox, edge } = await startBridge({}, { state });
  const [status] = (await edge.status()).datasets;
  expect(status?.quarantined).toBe(1);
  await sandbox.arrived(waiting.event_id);
  const headers = { authorization: `Bearer ${KEY}` };
  const replayed = await fetch(`${edge.url}/bridge/replay`, { method: "POST", headers });
  expect(replayed.status).toBe(200);
  await sandbox.arrived(quarantined.event_id);
});
