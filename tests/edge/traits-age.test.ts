// Tests the age at which the worker forgets the traits of Segment's `identify`.

import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { DATASET } from "../support/edge.ts";
import { changeOutbox } from "../support/outbox.ts";
import { scratch } from "../support/sandbox.ts";
import { startEdge, startSandbox } from "../support/started.ts";

const WRITE_KEY = "segment-write-key-0123456789abcdef";
const HOUR_MILLIS = 60 * 60 * 1000;

test("traits are remembered for as many days as configured, and no longer", async () => {
  const sandbox = await startSandbox();
  const state = scratch("traits-age");
  const userId = randomUUID();
  const secrets = { SEGMENT_WRITE_KEY: WRITE_KEY };
  const start = () => startEdge(sandbox.url, { segment: { traitsDays: 2 } }, { state, secrets });
  const send = async (url: string, call: string, body: object) => {
    const message = { ...body, userId, writeKey: WRITE_KEY };
    expect((await fetch(`${url}/v1/${call}`, { method: "POST", body: JSON.stringify(message) })).status).toBe(
      200,
    );
  };
  /** Lets the outbox age by some hours, sends an order, and returns the user data at Meta. */
  const heardAfter = async (hours: number) => {
    expect(await changeOutbox("aged", state, DATASET, hours * HOUR_MILLIS)).toBe("1");
    const edge = await start();
    const messageId = randomUUID();
    const context = { userAgent: "Mozilla/5.0", page: { url: "https://shop.example/thanks" } };
    const properties = { order_id: messageId, revenue: 5, currency: "EUR" };
    await send(edge.url, "track", { event: "Order Completed", messageId, context, properties });
    const { server } = await sandbox.arrived(messageId);
    await edge.stop();
    return server?.user_data;
  };

  const edge = await start();
  await send(edge.url, "identify", { traits: { email: "jane@example.com" } });
  await edge.stop();
  expect(await heardAfter(47)).toHaveProperty("em");
  expect(await heardAfter(2)).not.toHaveProperty("em");
});
