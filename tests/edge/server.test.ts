// Tests the worker's intake from servers: their events, their key and the limits of an address.

import { beforeAll, describe, expect, test } from "vitest";
import { type Edge, KEY, ORIGIN, pageEvent, serverEvent } from "../support/edge.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startBridge, startEdge } from "../support/started.ts";

let sandbox: Sandbox;
let edge: Edge;

beforeAll(async () => {
  ({ sandbox, edge } = await startBridge());
});

describe("an event of a server", () => {
  test("keeps the address, the browser and the place that it says", async () => {
    const event = serverEvent({ action_source: "phone_call" });
    const answer = await edge.postAsServer({ data: [event] }, { "user-agent": "node" });
    expect(answer).toMatchObject({ status: 202, body: { events_received: 1, problems: [] } });
    const { server } = await sandbox.arrived(event.event_id);
    expect(server).toMatchObject({
      action_source: "phone_call",
      client_ip_address: "8.8.4.4",
      client_user_agent: "Mozilla/5.0",
      fbp: "fb.1.1596403881668.1116446470",
    });
  });

  test("gets no address and no browser of the server's own connection", async () => {
    const event = serverEvent({ action_source: "email", user_data: { external_id: "user-1" } });
    await edge.postAsServer({ data: [event] }, { "cf-connecting-ip": "8.8.8.8", "user-agent": "node" });
    const { server } = await sandbox.arrived(event.event_id);
    expect(server).toMatchObject({ client_ip_address: null, client_user_agent: null });
  });

  test("goes to Meta with the test code that stands beside it; no other event does", async () => {
    const [tested, plain] = [serverEvent(), serverEvent()];
    await edge.postAsServer({ data: [tested], test_event_code: "TEST12345" });
    await edge.postAsServer({ data: [plain] });
    for (const { event_id } of [tested, plain]) await sandbox.arrived(event_id);
    const { requests } = await sandbox.report();
    const code = (id: string) =>
      requests.find(({ events }) => events.some(({ event_id }) => event_id === id))?.test_event_code;
    expect([code(tested.event_id), code(plain.event_id)]).toEqual(["TEST12345", null]);
    const ofPage = await edge.post({ data: [pageEvent()], test_event_code: "TEST12345" });
    expect(ofPage).toMatchObject({ status: 400, body: { problems: [{ path: "test_event_code" }] } });
  });

  test("in a shop may be sixty days old; anywhere else not", async () => {
    const old = { event_time: Math.floor(Date.now() / 1000) - 60 * 86_400 };
    const [inShop, online] = [
      serverEvent({ ...old, action_source: "physical_store" }),
      serverEvent({ ...old, action_source: "website" }),
    ];
    const answer = await edge.postAsServer({ data: [inShop, online] });
    expect(answer.body).toMatchObject({
      events_received: 1,
      problems: [{ path: "data[1].event_time", error_subcode: 2804003, event_kept: false }],
    });
    await sandbox.arrived(inShop.event_id);
  });

  test.each([
    ["no action source", { action_source: undefined }, "action_source", undefined],
    ["an app without its data", { action_source: "app" }, "app_data.advertiser_tracking_enabled", 2804019],
    ["a message without a channel", { action_source: "business_messaging" }, "messaging_channel", 2804019],
    [
      "WhatsApp without an account",
      {
        action_source: "business_messaging",
        messaging_channel: "whatsapp",
        user_data: { ctwa_clid: "Aff-n8ZTODiE79d22KtAwQKj9e" },
      },
      "user_data.whatsapp_business_account_id",
      2804116,
    ],
    ["only a city", { user_data: { ct: "Berlin", client_user_agent: "Mozilla/5.0" } }, "user_data", 2804050],
    [
      "a state of nowhere",
      { data_processing_options: ["LDU"], data_processing_options_country: 7 },
      "data_processing_options_country",
      undefined,
    ],
    [
      "more nesting than anything documented",
      { event_name: JSON.parse("[".repeat(11) + "]".repeat(11)) },
      "event_name",
      undefined,
    ],
    [
      "more bytes than any event has",
      { custom_data: { value: 1, currency: "EUR", note: "x".repeat(70_000) } },
      "",
      undefined,
    ],
  ])("with %s is refused, and its neighbour is not", async (_, changes, field, subcode) => {
    const good = serverEvent();
    const { status, body } = await edge.postAsServer({ data: [serverEvent(changes), good] });
    expect(status).toBe(202);
    expect(body.events_received).toBe(1);
    const [problem] = body.problems;
    expect(problem).toMatchObject({ path: field === "" ? "data[0]" : `data[0].${field}`, event_kept: false });
    expect(problem?.error_subcode).toBe(subcode);
    expect(problem?.message).toContain("expected");
    await sandbox.arrived(good.event_id);
  });
});

describe("a key", () => {
  test.each([
    ["a wrong key", `Bearer ${KEY}x`],
    ["a part of it", `Bearer ${KEY.slice(0, 20)}`],
    ["nothing", "Bearer "],
  ])("that is %s gets 401, whatever the origin", async (_, authorization) => {
    const answer = await edge.postAsServer({ data: [serverEvent()] }, { authorization, origin: ORIGIN });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(answer.body.problems[0]).toMatchObject({ code: "wrong_bridge_key", path: "Authorization" });
    expect(JSON.stringify(answer.body)).not.toContain(KEY);
  });

  test("is not asked of a page behind a password", async () => {
    const answer = await edge.post({ data: [pageEvent()] }, { authorization: "Basic dXNlcjpwYXNz" });
    expect(answer.status).toBe(202);
  });

  test("that could be guessed is an error, and is not shown", async () => {
    const weak = await startEdge(sandbox.url, {}, { secrets: { BRIDGE_KEY: "hunter2" } });
    const answer = await fetch(`${weak.url}/bridge/events`, { method: "POST", headers: { origin: ORIGIN } });
    expect(answer.status).toBe(500);
    const text = (await answer.text()) + weak.lines.join("");
    expect(text).toContain("BRIDGE_KEY");
    expect(text).not.toContain("hunter2");
    await weak.stop();
  });
});

describe("one address", () => {
  /** Starts a worker that accepts three requests of an address at once, then one a second. */
  const strict = () => startEdge(sandbox.url, { rateLimit: { perSecond: 1, burst: 3 } });
  const from = (address: string) => ({ "cf-connecting-ip": address });

  test("that asks too much is told when to come again, and takes nothing from others", async () => {
    const limited = await strict();
    const statuses = [];
    for (let request = 0; request < 5; request++) {
      statuses.push((await limited.post({ data: [pageEvent()] }, from("8.8.4.4"))).status);
    }
    expect(statuses.slice(0, 3)).toEqual([202, 202, 202]);
    const refused = await limited.post({ data: [pageEvent()] }, from("8.8.4.4"));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await limited.post({ data: [pageEvent()] }, from("8.8.8.8"))).status).toBe(202);
    await limited.stop();
  });

  test("that guesses keys is slowed down, and never for the right one", async () => {
    const limited = await strict();
    const guess = (key: string) =>
      limited.postAsServer({ data: [serverEvent()] }, { ...from("9.9.9.9"), authorization: `Bearer ${key}` });
    expect((await guess("x".repeat(40))).status).toBe(401);
    expect((await guess("y".repeat(40))).status).toBe(429);
    expect((await guess(KEY)).status).toBe(202);
    // The pages behind that address are not limited by the wrong keys.
    expect((await limited.post({ data: [pageEvent()] }, from("9.9.9.9"))).status).toBe(202);
    await limited.stop();
  });
});
