// An outbox that another version of the worker left on disk.

import { expect, test } from "vitest";
import { DATASET, KEY, ORIGIN, pageEvent, serverEvent } from "../support/edge.ts";
import { changeOutbox } from "../support/outbox.ts";
import { scratch } from "../support/sandbox.ts";
import { startBridge, startEdge } from "../support/started.ts";

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

test.each([1, 4])(
  "an outbox of a newer version, one of %s, gets no events: 503 that says when to come again",
  async (outboxes) => {
    const state = scratch("newer");
    const { sandbox, edge } = await startBridge({ outboxes }, { state });
    expect((await edge.postAsServer({ data: [serverEvent()] })).status).toBe(202);
    await fetch(`${edge.url}/bridge/status`, { headers: { authorization: `Bearer ${KEY}` } });
    await edge.stop();
    expect(await changeOutbox("newer", state, DATASET)).toBe("1");

    const again = await startEdge(sandbox.url, { outboxes }, { state });
    const refused = await again.post({ data: [pageEvent()] });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect(refused.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(refused.body.problems).toEqual([
      expect.objectContaining({
        code: "undelivered",
        message: "the events could not be stored; send them again, with the same ids",
      }),
    ]);
    // The operator reads the reason in the log.
    expect(again.lines.join("\n")).toContain("a newer release wrote this outbox");
  },
);
