// Tests that accepted events reach Meta, through restarts, failures and refusals.

import { beforeAll, beforeEach, expect, test } from "vitest";
import { DATASET, pageEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startEdge, startSandbox } from "../support/started.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());

test("an event accepted right before SIGKILL arrives after the restart, once", async () => {
  const first = await startEdge(sandbox.url, { holdSeconds: 1 });
  const event = pageEvent();
  expect((await first.post({ data: [event] })).status).toBe(202);
  await first.stop("SIGKILL");
  expect((await sandbox.report()).events).toEqual([]);

  const second = await startEdge(sandbox.url, { holdSeconds: 1 }, { state: first.state });
  const { server } = await sandbox.arrived(event.event_id);
  expect(server).toMatchObject({ event_time: event.event_time, copies: 1 });
  await second.stop();
});

test("an event posted again after a restart still goes out once", async () => {
  const first = await startEdge(sandbox.url);
  const event = pageEvent();
  await first.post({ data: [event] });
  // A worker that is killed before it has stored Meta's receipt sends the event again.
  await eventually("the receipt on disk", async () =>
    (await first.status()).datasets[0]?.totals["delivered"] === 1 ? true : undefined,
  );
  await first.stop("SIGKILL");

  const second = await startEdge(sandbox.url, {}, { state: first.state });
  const next = pageEvent();
  await second.post({ data: [event, next] });
  await sandbox.arrived(next.event_id);
  expect((await sandbox.arrived(event.event_id)).server?.copies).toBe(1);
  await second.stop();
});

test("while Meta answers 500 nothing is lost, and retries keep id and time", async () => {
  const edge = await startEdge(sandbox.url, { retryAtMostSeconds: 1 });
  await sandbox.fail(500, 3);
  const event = pageEvent({ event_time: Math.floor(Date.now() / 1000) - 30 });
  expect((await edge.post({ data: [event] })).status).toBe(202);

  expect((await sandbox.arrived(event.event_id)).server?.copies).toBe(1);
  const tries = (await sandbox.report()).requests.reverse();
  expect(tries.map((request) => request.status)).toEqual([500, 500, 500, 200]);
  for (const { events } of tries) {
    expect(events).toEqual([
      { event_name: "Purchase", event_id: event.event_id, event_time: event.event_time },
    ]);
  }
  await edge.stop();
});

test("while Meta cannot be reached nothing is lost", async () => {
  const away = await startSandbox();
  const { url } = away;
  await away.stop();
  const first = await startEdge(url, { retryAtMostSeconds: 1 });
  const event = pageEvent();
  expect((await first.post({ data: [event] })).status).toBe(202);
  await eventually("a first try", async () =>
    first.lines.some((line) => line.includes("request refused")) ? true : undefined,
  );
  await first.stop("SIGKILL");

  const second = await startEdge(sandbox.url, {}, { state: first.state });
  await sandbox.arrived(event.event_id);
  await second.stop();
});

test("what Meta refuses is alone set aside: its neighbours arrive", async () => {
  const edge = await startEdge(sandbox.url);
  const good = Array.from({ length: 7 }, () => pageEvent());
  const bad = pageEvent();
  await sandbox.fail(400, 100, bad.event_id);
  await edge.post({ data: [...good.slice(0, 5), bad, ...good.slice(5)] });
  for (const event of good) expect((await sandbox.arrived(event.event_id)).server?.copies).toBe(1);
  await eventually("the quarantine", async () =>
    edge.lines.some((line) => line.includes('"fate":"quarantined"')) ? true : undefined,
  );
  expect((await sandbox.report()).events.some((event) => event.event_id === bad.event_id)).toBe(false);
  await edge.stop();
});

test("an event on which Meta fails for good holds up nobody, and is set aside while others go through", async () => {
  const edge = await startEdge(sandbox.url, { retryAtMostSeconds: 1 });
  const good = Array.from({ length: 6 }, () => pageEvent());
  const poisonous = pageEvent();
  await sandbox.fail(500, 1000, poisonous.event_id);
  await edge.post({ data: [...good.slice(0, 2), poisonous, ...good.slice(2)] });
  const later = pageEvent();
  await edge.post({ data: [later] });
  for (const event of [later, ...good]) {
    expect((await sandbox.arrived(event.event_id)).server?.copies).toBe(1);
  }
  // The worker quarantines the event only while Meta takes others.
  const seen = async () => {
    await edge.post({ data: [pageEvent()] });
    return edge.lines.some((line) => line.includes('"fate":"quarantined"')) ? true : undefined;
  };
  await eventually("the quarantine", seen, 60_000);
  expect((await sandbox.report()).events.some((event) => event.event_id === poisonous.event_id)).toBe(false);
  await edge.stop();
}, 90_000);

test("during an outage nothing is set aside, and all of it arrives afterwards", async () => {
  const edge = await startEdge(sandbox.url, { retryAtMostSeconds: 1 });
  await sandbox.fail(503, 12);
  const events = Array.from({ length: 5 }, () => pageEvent());
  for (const event of events) await edge.post({ data: [event] });
  for (const event of events) expect((await sandbox.arrived(event.event_id)).server?.copies).toBe(1);
  expect(edge.lines.filter((line) => line.includes("quarantined"))).toEqual([]);
  await edge.stop();
});

test("events wait a moment, so that the browser's copy is first, and then travel together", async () => {
  const edge = await startEdge(sandbox.url, { holdSeconds: 1 });
  const [one, two] = [pageEvent(), pageEvent()];
  const posted = Date.now();
  await edge.post({ data: [one] });
  await edge.post({ data: [two] });
  await sandbox.arrived(one.event_id);
  await sandbox.arrived(two.event_id);
  const [request] = (await sandbox.report()).requests;
  expect(request?.received_at_millis).toBeGreaterThanOrEqual(posted + 1000);
  await edge.stop();
});

test("a request carries the dataset, the version and who sends", async () => {
  const edge = await startEdge(sandbox.url);
  const event = pageEvent();
  await edge.post({ data: [event] });
  await sandbox.arrived(event.event_id);
  expect((await sandbox.report()).requests[0]).toMatchObject({
    dataset_id: DATASET,
    version: "v27.0",
    partner_agent: expect.stringMatching(/^capi-bridge-\d/),
  });
  await edge.stop();
});
