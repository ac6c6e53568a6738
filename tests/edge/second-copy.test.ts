// Tests the page's copy and the back end's copy of an event, with one id, while the first is in the outbox.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { pageEvent, serverEvent } from "../support/edge.ts";
import { type Sandbox, scratch } from "../support/sandbox.ts";
import { startEdge, startSandbox } from "../support/started.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});

/** The visitor's address. Both sides know it, which proves that both copies are of one visitor. */
const VISITOR = "8.8.4.4";

/** Returns both copies of an order. The page knows its cookie, the back end knows the customer. */
function copies() {
  const page = pageEvent();
  const user_data = { em: "jane@example.com", client_ip_address: VISITOR };
  const backEnd = serverEvent({ event_id: page.event_id, user_data });
  Object.assign(backEnd.custom_data, { value: 1, order_id: "1001" });
  return { page, backEnd };
}

/** Returns the server copy of an event, which has to be one event in the sandbox. */
async function sent(eventId: string) {
  const { server } = await sandbox.arrived(eventId);
  const { events } = await sandbox.report();
  expect(events.filter((event) => event.event_id === eventId)).toHaveLength(1);
  return server;
}

test("what the second knows more is on disk with the first, which was stored before a restart", async () => {
  const state = scratch("second-copy");
  const before = await startEdge(sandbox.url, { holdSeconds: 600 }, { state });
  const { page, backEnd } = copies();
  expect((await before.post({ data: [page] })).status).toBe(202);
  await before.stop();
  const edge = await startEdge(sandbox.url, { holdSeconds: 600 }, { state });
  expect((await edge.postAsServer({ data: [backEnd] })).status).toBe(202);
  expect((await edge.status()).datasets[0]?.totals).toMatchObject({ accepted: 1, repeated: 1 });
  expect((await edge.status()).datasets[0]?.depth).toBe(1);
  await edge.stop();
  const files = readdirSync(join(state, "durable-objects"), { recursive: true, withFileTypes: true });
  const disk = files
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name)));
  expect(Buffer.concat(disk).includes(`"em":["${sha256("jane@example.com")}"]`)).toBe(true);
});

test("both copies are one event at Meta, with what each knows", async () => {
  const edge = await startEdge(sandbox.url, { holdSeconds: 3 });
  const { page, backEnd } = copies();
  expect((await edge.post({ data: [page] }, { "cf-connecting-ip": VISITOR })).status).toBe(202);
  expect((await edge.postAsServer({ data: [backEnd] })).status).toBe(202);
  const server = await sent(page.event_id);
  expect(server?.user_data).toMatchObject({
    fbp: "fb.1.1596403881668.1116446470",
    em: [sha256("jane@example.com")],
  });
  // The server's value wins, because anyone can post as a page.
  expect(server?.custom_data).toMatchObject({ value: 1, order_id: "1001" });

  // A copy that comes after the event was sent is a duplicate. It is not merged into another event.
  const other = pageEvent();
  expect((await edge.post({ data: [other] })).status).toBe(202);
  const late = { ...backEnd, user_data: { ph: "+1 650 555 8261" } };
  expect((await edge.postAsServer({ data: [late] })).status).toBe(202);
  expect((await sent(other.event_id))?.user_data).not.toHaveProperty("ph");
  expect((await sent(page.event_id))?.user_data).not.toHaveProperty("ph");
  await edge.stop();
});
