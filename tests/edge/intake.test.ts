// Tests the worker's intake from pages: accepted events, refusals and answers.

import { request } from "node:http";
import { beforeAll, describe, expect, test } from "vitest";
import { type Edge, DATASET, ORIGIN, pageEvent } from "../support/edge.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startBridge, startEdge } from "../support/started.ts";

let sandbox: Sandbox;
let edge: Edge;

/** A click of a minute ago, and one of a hundred days ago. */
const [click, oldClick] = [60_000, 100 * 86_400_000].map(
  (ago) => `fb.1.${Date.now() - ago}.IwAR2AbC_dEf-123.AQQCAQMC`,
) as [string, string];

beforeAll(async () => {
  ({ sandbox, edge } = await startBridge());
});

describe("an event of a page", () => {
  test("reaches the Conversions API with its own id, time, fbp and fbc", async () => {
    const event = pageEvent({
      user_data: { fbp: "fb.1.1596403881668.1116446470", fbc: click },
    });
    const answer = await edge.post({ data: [event] });
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ events_received: 1, problems: [] });

    const { server, dataset_id } = await sandbox.arrived(event.event_id);
    expect(dataset_id).toBe(DATASET);
    expect(server).toMatchObject({
      event_id: event.event_id,
      event_time: event.event_time,
      fbp: "fb.1.1596403881668.1116446470",
      fbc: click,
      url: "https://shop.example/thanks?order=1001",
      action_source: "website",
      custom_data: event.custom_data,
    });
  });

  test("gets its address and browser from the connection, whatever it says itself", async () => {
    const event = pageEvent({
      user_data: {
        fbp: "fb.1.1596403881668.1116446470",
        client_ip_address: "198.51.100.66",
        client_user_agent: "Forged/6.6",
      },
    });
    await edge.post(
      { data: [event] },
      { "cf-connecting-ip": "2606:4700:4700::1111", "user-agent": "Mozilla/5.0 (Test)" },
    );
    const { server } = await sandbox.arrived(event.event_id);
    expect(server?.client_ip_address).toBe("2606:4700:4700::1111");
    expect(server?.client_user_agent).toBe("Mozilla/5.0 (Test)");
  });

  test("gets no address of a header that nobody of ours wrote", async () => {
    const direct = await startEdge(sandbox.url, { clientIp: undefined });
    const event = pageEvent();
    await direct.post({ data: [event] }, { "cf-connecting-ip": "8.8.4.4", "x-forwarded-for": "8.8.4.4" });
    // The connection's own address is that of this machine, which is no visitor's address.
    expect((await sandbox.arrived(event.event_id)).server?.client_ip_address).toBeNull();
    await direct.stop();
  });

  test("gets fbp and fbc from its cookies when it lacks them", async () => {
    const event = pageEvent({ user_data: {} });
    await edge.post({ data: [event] }, { cookie: `_fbp=fb.1.1596403881668.1116446470; _fbc=${click}` });
    const { server } = await sandbox.arrived(event.event_id);
    expect(server?.fbp).toBe("fb.1.1596403881668.1116446470");
    expect(server?.fbc).toBe(click);
  });

  test("has its raw customer information hashed, and a hash left alone", async () => {
    // The hashes are those of Meta's "Customer Information Parameters".
    const em = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    const ph = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176";
    const event = pageEvent({ user_data: { em: " John_Smith@gmail.com", ph: [ph] } });
    await edge.post({ data: [event] });
    const { server } = await sandbox.arrived(event.event_id);
    expect(server?.user_data).toMatchObject({ em: [em], ph: [ph] });
  });

  test("goes to the dataset it names", async () => {
    const event = pageEvent();
    expect((await edge.post({ dataset_id: "42", data: [event] })).status).toBe(202);
    expect((await sandbox.arrived(event.event_id)).dataset_id).toBe("42");
  });

  test("in milliseconds or in the future is put right", async () => {
    const now = Math.floor(Date.now() / 1000);
    const [early, late] = [
      pageEvent({ event_time: (now - 60) * 1000 }),
      pageEvent({ event_time: now + 3600 }),
    ];
    await edge.post({ data: [early, late] });
    expect((await sandbox.arrived(early.event_id)).server?.event_time).toBe(now - 60);
    const clamped = (await sandbox.arrived(late.event_id)).server?.event_time ?? 0;
    expect(clamped).toBeGreaterThanOrEqual(now);
    expect(clamped).toBeLessThanOrEqual(now + 60);
  });

  test("posted twice goes out once", async () => {
    const [event, next] = [pageEvent(), pageEvent()];
    expect((await edge.post({ data: [event] })).status).toBe(202);
    expect((await edge.post({ data: [event] })).status).toBe(202);
    await sandbox.arrived(event.event_id);
    // Events arrive in the order of acceptance. If the second copy had gone out, it would be there by now.
    await edge.post({ data: [next] });
    await sandbox.arrived(next.event_id);
    expect((await sandbox.arrived(event.event_id)).server?.copies).toBe(1);
  });
});

describe("one bad event of a batch", () => {
  test.each([
    ["a missing name", { event_name: undefined }, "data[1].event_name", "event_name"],
    ["an empty name", { event_name: "" }, "data[1].event_name", "name"],
    ["a name that is a number", { event_name: 7 }, "data[1].event_name", "text"],
    [
      "a time eight days ago",
      { event_time: Math.floor(Date.now() / 1000) - 8 * 86_400 },
      "data[1].event_time",
      "7 days",
    ],
    ["a time that is text", { event_time: "yesterday" }, "data[1].event_time", "number"],
    ["a Purchase without value", { custom_data: { currency: "EUR" } }, "data[1].custom_data.value", "number"],
    ["a Purchase without currency", { custom_data: { value: 1 } }, "data[1].custom_data.currency", "EUR"],
    [
      "a Purchase in a currency that is none",
      { custom_data: { value: 1, currency: "DHS" } },
      "data[1].custom_data.currency",
      "AED",
    ],
    [
      "an address that is none",
      { event_source_url: "javascript:alert(1)" },
      "data[1].event_source_url",
      "http",
    ],
  ])("%s: is named by its path, and its neighbours go on", async (_, changes, path, expected) => {
    const [first, last] = [pageEvent(), pageEvent()];
    const { status, body } = await edge.post({ data: [first, pageEvent(changes), last] });
    expect(status).toBe(202);
    expect(body.events_received).toBe(2);
    expect(body.problems).toHaveLength(1);
    expect(body.problems[0]).toMatchObject({ path, event_kept: false });
    expect(body.problems[0]?.message).toContain(expected);
    await sandbox.arrived(first.event_id);
    await sandbox.arrived(last.event_id);
  });

  test.each([
    ["a malformed fbp", { fbp: "fb.one.two" }, "invalid_fbp", "fbp"],
    ["a malformed fbc", { fbc: "fb.1.2" }, "invalid_fbc", "fbc"],
    ["a click of a hundred days ago", { fbc: oldClick }, "stale_fbc", "fbc"],
  ])("%s is left out, named by its path, and the event goes on", async (_, user_data, code, field) => {
    const event = pageEvent({ user_data: { ...user_data, external_id: "user-123" } });
    const { status, body } = await edge.post({ data: [event] });
    expect(status).toBe(202);
    expect(body.problems).toMatchObject([{ code, path: `data[0].user_data.${field}`, event_kept: true }]);
    expect((await sandbox.arrived(event.event_id)).server).toMatchObject({ [field]: null });
  });
});

// Tests the answers and the events that arrive. `tests/relay` has a test for each rule.
describe("an event whose optional data is wrong", () => {
  test("goes on without it, and half an emoji beside it costs nothing", async () => {
    const [halved, order] = [
      pageEvent({ custom_data: { content_name: "Kitten 😀".slice(0, 8), value: 1, currency: "EUR" } }),
      pageEvent({
        custom_data: { value: "1.299,00", currency: "eur", contents: '[{"id":"A"},{"quantity":1}]' },
      }),
    ];
    const { status, body } = await edge.post(JSON.stringify({ data: [halved, order] }));
    expect(status).toBe(202);
    expect(body.events_received).toBe(2);
    expect(body.problems).toMatchObject([{ path: "data[1].custom_data.contents[1].id", event_kept: true }]);
    expect((await sandbox.arrived(halved.event_id)).server?.custom_data).toMatchObject({
      content_name: "Kitten \ufffd",
    });
    expect((await sandbox.arrived(order.event_id)).server?.custom_data).toMatchObject({
      value: 1299,
      currency: "EUR",
      contents: [{ id: "A" }],
    });
  });

  test("a number that no double holds costs its own event alone", async () => {
    const [bad, good] = [pageEvent({ custom_data: { value: 4711, currency: "EUR" } }), pageEvent()];
    const body = JSON.stringify({ data: [bad, good] }).replace("4711", "1e999");
    const answer = await edge.post(body);
    expect(answer).toMatchObject({
      status: 202,
      body: { events_received: 1, problems: [{ path: "data[0].custom_data.value", event_kept: false }] },
    });
    await sandbox.arrived(good.event_id);
  });
});

describe("a request that is refused", () => {
  test.each([
    ["a body that is not JSON", "{", 400, "invalid_body", ""],
    ["a body without data", {}, 400, "invalid_body", ""],
    ["data that is no list", { data: {} }, 400, "invalid_body", "data"],
    ["no events", { data: [] }, 400, "invalid_batch", "data"],
    ["1001 events", { data: Array.from({ length: 1001 }, () => ({})) }, 400, "invalid_batch", "data"],
    ["an unknown dataset", { dataset_id: "666", data: [{}] }, 400, "unknown_dataset", "dataset_id"],
    ["a body over the limit", "x".repeat(131_073), 413, "body_too_large", ""],
    ["a body nested too deeply", `{"data":[${"[".repeat(10_000)}`, 400, "invalid_body", ""],
  ])("%s says what was expected", async (_, body, status, code, path) => {
    const answer = await edge.post(body);
    expect(answer.status).toBe(status);
    expect(answer.body.events_received).toBe(0);
    expect(answer.body.problems[0]).toMatchObject({ code });
    expect(answer.body.problems[0]?.path).toContain(path);
    expect(answer.body.problems[0]?.message).not.toBe("");
  });

  test("an origin that is not allowed gets 403 and no permission to read it", async () => {
    const answer = await edge.post({ data: [pageEvent()] }, { origin: "https://evil.example" });
    expect(answer.status).toBe(403);
    expect(answer.body.problems[0]).toMatchObject({ code: "origin_not_allowed", path: "Origin" });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("no origin at all gets 403", async () => {
    const status = await new Promise((done, fail) => {
      request(`${edge.url}/bridge/events`, { method: "POST" }, (response) => done(response.statusCode))
        .on("error", fail)
        .end("{}");
    });
    expect(status).toBe(403);
  });
});

describe("the worker", () => {
  test("answers a preflight of an allowed origin alone", async () => {
    const ask = (origin: string) =>
      fetch(`${edge.url}/bridge/events`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });
    const allowed = await ask(ORIGIN);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect((await ask("https://evil.example")).status).toBe(403);
  });

  test("serves the page's script, and does not send it twice", async () => {
    const first = await fetch(`${edge.url}/bridge/capi-bridge.js`);
    expect(first.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(await first.text()).toContain("WebAssembly");
    const again = await fetch(`${edge.url}/bridge/capi-bridge.js`, {
      headers: { "if-none-match": first.headers.get("etag") ?? "" },
    });
    expect(again.status).toBe(304);
  });

  test("names its routes where nothing answers", async () => {
    const answer = await fetch(`${edge.url}/nowhere`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain("/bridge/events");
  });

  test("may hold events for a day; a second more is an error that says the limit", async () => {
    const health = async (holdSeconds: number) => {
      const held = await startEdge(sandbox.url, { holdSeconds });
      const answer = await fetch(`${held.url}/bridge/health`);
      await held.stop();
      return { status: answer.status, text: await answer.text() };
    };
    expect((await health(86_400)).status).toBe(200);
    const { status, text } = await health(86_401);
    expect(status).toBe(500);
    expect(text).toContain("holdSeconds: expected at most 86400, a day");
  });

  test("with a wrong configuration says which key is wrong, and no secret", async () => {
    const wrong = await startEdge(sandbox.url, { holdSecond: 1 });
    const answer = await fetch(`${wrong.url}/bridge/health`);
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).toContain("holdSecond");
    expect(text).not.toContain("test-token");
    await wrong.stop();
  });
});
