// Tests the operator's tools: status, metrics, log, replay, and a change of the configuration.

import { beforeAll, beforeEach, expect, test } from "vitest";
import { DATASET, type Edge, KEY, ORIGIN, pageEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startEdge, startSandbox } from "../support/started.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());

const bearer = { authorization: `Bearer ${KEY}` };
const when = (edge: Edge, what: string, holds: (dataset: Dataset) => boolean) =>
  eventually(what, async () => {
    const dataset = (await edge.status()).datasets[0];
    return dataset !== undefined && holds(dataset) ? dataset : undefined;
  });
type Dataset = Awaited<ReturnType<Edge["status"]>>["datasets"][number];

test("the status counts what was accepted, repeated, delivered and written", async () => {
  const edge = await startEdge(sandbox.url);
  const events = [pageEvent(), pageEvent()];
  await edge.post({ data: events });
  await edge.post({ data: [events[0]] });
  const dataset = await when(edge, "two delivered", ({ totals }) => totals["delivered"] === 2);
  expect(dataset).toMatchObject({ dataset_id: DATASET, sending: "fine", depth: 0, quarantined: 0 });
  expect(dataset.totals).toMatchObject({ accepted: 2, repeated: 1, failed_requests: 0, writes: 2 });
  expect(dataset.per_minute.accepted).toBeGreaterThan(0);
  await edge.stop();
});

test("Prometheus gets the same numbers as text", async () => {
  const edge = await startEdge(sandbox.url);
  await edge.post({ data: [pageEvent()] });
  await when(edge, "one delivered", ({ totals }) => totals["delivered"] === 1);
  const asked = await fetch(`${edge.url}/bridge/status?format=prometheus`, { headers: bearer });
  const accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.1";
  const scraped = await fetch(`${edge.url}/bridge/status`, { headers: { ...bearer, accept } });
  for (const answer of [asked, scraped]) {
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await answer.text();
    expect(text).toContain(`capi_bridge_events_delivered_total{dataset="${DATASET}"} 1\n`);
    expect(text).toContain("# TYPE capi_bridge_outbox_events gauge\n");
  }
  await edge.stop();
});

test.each([
  ["status", "GET"],
  ["replay", "POST"],
])("%s is for whoever has the key", async (path, method) => {
  const edge = await startEdge(sandbox.url);
  const ask = (headers: Record<string, string>) => fetch(`${edge.url}/bridge/${path}`, { method, headers });
  expect((await ask({})).status).toBe(401);
  expect((await ask({ authorization: `Bearer ${KEY.slice(1)}` })).status).toBe(401);
  expect((await ask({ origin: "https://shop.example" })).status).toBe(401);
  expect((await ask(bearer)).status).toBe(200);
  const wrong = await fetch(`${edge.url}/bridge/${path}`, { method: "DELETE", headers: bearer });
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, method]);
  await edge.stop();
});

test("what was set aside is shown with its reason, and is sent again when the operator asks", async () => {
  const edge = await startEdge(sandbox.url);
  const [one, two] = [pageEvent(), pageEvent()];
  await sandbox.fail(400, 4, one.event_id);
  await edge.post({ data: [one] });
  await eventually("the first", async () =>
    (await edge.status()).datasets[0]?.quarantined === 1 ? true : undefined,
  );
  await sandbox.fail(400, 4, two.event_id);
  await edge.post({ data: [two] });
  const { quarantine } = await when(edge, "two in quarantine", ({ quarantined }) => quarantined === 2);
  expect(quarantine).toMatchObject([
    {
      event_name: "Purchase",
      event_id: two.event_id,
      refusal: { code: 100, fbtraceId: expect.stringMatching(/./) },
    },
    { event_id: one.event_id },
  ]);
  await fetch(`${sandbox.url}/api/fault`, { method: "DELETE" });

  const replay = (body?: string) =>
    fetch(`${edge.url}/bridge/replay`, {
      method: "POST",
      headers: bearer,
      ...(body !== undefined && { body }),
    });
  const wanted = JSON.stringify({ dataset_id: DATASET, ids: [quarantine[1]?.id] });
  expect(await (await replay(wanted)).json()).toEqual({
    datasets: [{ dataset_id: DATASET, replayed: 1, too_old: 0 }],
  });
  await sandbox.arrived(one.event_id);
  expect((await edge.status()).datasets[0]?.quarantined).toBe(1);
  await replay();
  expect((await sandbox.arrived(two.event_id)).server?.copies).toBe(1);
  await when(edge, "an empty outbox", ({ quarantined, depth }) => quarantined === 0 && depth === 0);

  for (const body of ["{", '{"dataset_id":"666"}', '{"ids":["1"]}', "[]x"]) {
    expect((await replay(body)).status).toBe(400);
  }
  await edge.stop();
});

test("another configuration loses nothing: what waits, what was seen, what was set aside", async () => {
  const first = await startEdge(sandbox.url, { holdSeconds: 600 });
  const [waiting, bad] = [pageEvent(), pageEvent()];
  await first.post({ data: [waiting] });
  await first.stop();
  // No event waits longer than the current configuration allows.
  const second = await startEdge(
    sandbox.url,
    { holdSeconds: 0, testEventCode: "TEST1" },
    { state: first.state },
  );
  await second.post({ data: [waiting] });
  await when(second, "it delivered", ({ totals }) => totals["delivered"] === 1);
  expect((await second.status()).datasets[0]).toMatchObject({
    depth: 0,
    totals: { accepted: 1, repeated: 1 },
  });
  await second.stop();
  const third = await startEdge(sandbox.url, {}, { state: first.state });
  await sandbox.fail(400, 4, bad.event_id);
  await third.post({ dataset_id: "42", data: [bad] });
  await eventually("the quarantine", async () =>
    (await third.status()).datasets[1]?.quarantined === 1 ? true : undefined,
  );
  await third.stop();
  const fourth = await startEdge(sandbox.url, { datasets: ["42", DATASET] }, { state: first.state });
  const status = await fourth.status();
  expect(status.datasets.map(({ quarantined, totals }) => [quarantined, totals["delivered"]])).toEqual([
    [1, 0],
    [0, 1],
  ]);
  await fourth.stop();
});

test.each([
  ["BRIDGE_KEY", "hunter2-of-the-test"],
  ["SEGMENT_WRITE_KEY", "hunter2-of-the-test"],
  ["SEGMENT_WEBHOOK_SECRET", "hunter2-of-the-test"],
  ["SEGMENT_WRITE_KEY_666", "hunter2-of-the-test-0123456789abcdef0123"],
])(
  "a secret %s that cannot be used is an alarm, counted, logged, and told to pages",
  async (name, secret) => {
    const edge = await startEdge(sandbox.url, {}, { secrets: { [name]: secret } });
    const refused = await edge.post({ data: [pageEvent()] });
    expect(refused.status).toBe(500);
    expect(refused.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(refused.body.problems[0]).toMatchObject({ code: "unusable_secret" });
    expect(refused.body.problems[0]?.message).toContain(`${name}: `);
    const health = await fetch(`${edge.url}/bridge/health`);
    const text = await health.text();
    expect(JSON.parse(text)).toMatchObject({
      status: "alarm",
      durable: true,
      alarms: [expect.stringContaining(`${name}: `)],
    });
    await eventually("a line of the log", async () =>
      edge.lines.find((line) => line.includes('"reason":"unusable_secret"')),
    );
    const status = await fetch(`${edge.url}/bridge/status`, { headers: bearer });
    const said = await status.text();
    expect(said).toContain(`${name}: `);
    if (name === "BRIDGE_KEY") expect(status.status).toBe(500);
    else {
      expect(JSON.parse(said)).toMatchObject({
        status: "alarm",
        alarms: [expect.stringContaining(`${name}: `)],
        refused: { unusable_secret: 1 },
      });
    }
    expect(text + said + JSON.stringify(refused.body) + edge.lines.join()).not.toContain("hunter2");
    await edge.stop();
  },
);

test("the log is JSON, and has nothing of the events and no secret", async () => {
  const edge = await startEdge(sandbox.url, {}, { secrets: { META_APP_SECRET: "app-secret-of-the-test" } });
  const event = pageEvent({ user_data: { em: "jane.log@example.com", ph: "+49 151 98765432" } });
  await sandbox.fail(400, 4, event.event_id);
  await edge.post({ data: [event] }, { cookie: "_fbp=fb.1.1596403881668.1116446470" });
  await when(edge, "the quarantine", ({ quarantined }) => quarantined === 1);
  const lines = edge.lines.filter((line) => line.includes('"what"'));
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    expect(JSON.parse(line.slice(line.indexOf("{")))).toMatchObject({ level: expect.any(String) });
  }
  const all = edge.lines.join("\n");
  for (const secret of ["jane.log", "98765432", "1116446470", "test-token", KEY, "app-secret-of-the-test"]) {
    expect(all).not.toContain(secret);
  }
  await edge.stop();
});
