// Tests the Graph API's contract over HTTP: bodies of every kind, answers and errors in Meta's shape.

import { createHash } from "node:crypto";
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { type Edge, DATASET, KEY, ORIGIN, serverEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startBridge, startEdge } from "../support/started.ts";

let sandbox: Sandbox;
let edge: Edge;

beforeAll(async () => {
  ({ sandbox, edge } = await startBridge({ bodyTimeoutMillis: 300 }));
});

const bearer = { authorization: `Bearer ${KEY}` };
const EVENTS = `/v26.0/${DATASET}/events`;

/** An answer of the Graph API: a receipt or an error. */
interface Answer {
  events_received?: number;
  messages?: string[];
  fbtrace_id?: string;
  error?: {
    code: number;
    error_subcode?: number;
    message: string;
    is_transient: boolean;
    fbtrace_id: string;
  };
}

async function call(path: string, init: RequestInit = {}) {
  const response = await fetch(`${edge.url}${path}`, { method: "POST", ...init });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

const json = (body: unknown, headers: HeadersInit = bearer) =>
  call(EVENTS, { headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });

describe("a body", () => {
  test.each<[string, (event: object) => Promise<{ status: number; body: Answer }>]>([
    ["in JSON, the key in the header", (event) => json({ data: [event] })],
    ["in JSON, the key in it", (event) => json({ data: [event], access_token: KEY }, {})],
    [
      "in a form, the key in the query",
      (event) =>
        call(`${EVENTS}?access_token=${KEY}`, {
          body: new URLSearchParams({ data: JSON.stringify([JSON.stringify(event)]) }),
        }),
    ],
    [
      "in parts, as curl -F and Meta's SDK for PHP write it",
      (event) => {
        const form = new FormData();
        form.append("access_token", KEY);
        form.append("data", JSON.stringify([event]));
        return call(EVENTS, { body: form });
      },
    ],
    [
      "in parts, its events in a file",
      (event) => {
        const form = new FormData();
        form.append("data", new Blob([JSON.stringify([event])]), "events.json");
        return call(EVENTS, { body: form, headers: bearer });
      },
    ],
    [
      "for another version",
      (event) =>
        call(`/v19.0/${DATASET}/events`, { headers: bearer, body: JSON.stringify({ data: [event] }) }),
    ],
  ])("%s is taken", async (_, post) => {
    const event = serverEvent();
    const { status, body } = await post(event);
    expect({ status, ...body }).toEqual({
      status: 200,
      events_received: 1,
      messages: [],
      fbtrace_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
    await sandbox.arrived(event.event_id);
  });

  test("in parts that cannot be parsed is refused in Meta's shape", async () => {
    const headers = { ...bearer, "content-type": "multipart/form-data; boundary=x" };
    const { status, body } = await call(EVENTS, { headers, body: "no parts" });
    expect({ status, code: body.error?.code }).toEqual({ status: 400, code: 100 });
    expect(body.error?.message).toContain("multipart");
  });

  test("that does not come gets 408", async () => {
    const { hostname, port } = new URL(edge.url);
    const head = `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Length: 1000\r\n\r\n{`;
    const answer = await new Promise<string>((done, fail) => {
      const socket = connect(Number(port), hostname, () => socket.write(head));
      let text = "";
      socket.on("error", fail);
      socket.on("data", (bytes) => {
        text += bytes.toString();
        if (!text.includes("fbtrace_id")) return;
        socket.destroy();
        done(text);
      });
    });
    expect(answer).toContain("408");
    expect(answer).toContain('"is_transient":true');
  });

  test("of any JSON gets an answer in Meta's shape, never a 5xx", async () => {
    const bodies = [
      null,
      true,
      7,
      "x",
      [],
      [[]],
      {},
      { data: null },
      { data: [null, 7, "x", [], {}] },
      { data: "{}" },
    ];
    const events = [{ event_name: {} }, { user_data: [] }, { event_time: "x", action_source: 1 }];
    for (const body of [...bodies, ...events.map((event) => ({ data: [event] }))]) {
      const { status, body: answer } = await json(body);
      expect(status, JSON.stringify(body)).toBe(400);
      expect(answer.error).toMatchObject({ code: 100, type: "OAuthException", is_transient: false });
      expect(answer.error?.fbtrace_id).toMatch(/^[0-9a-f]{32}$/);
    }
  });
});

test("the order of a server's event finds the browser's copy of it", async () => {
  const order = `graph-${process.pid}`;
  const eid = createHash("sha256").update(`Purchase:${order}`).digest("hex").slice(0, 32);
  await fetch(
    `${sandbox.url}/tr?${new URLSearchParams({ id: DATASET, ev: "Purchase", eid, "cd[value]": "1" })}`,
  );
  const custom_data = { value: 59.9, currency: "EUR", order_id: order };
  const event = serverEvent({ event_id: undefined, action_source: "phone_call", custom_data });
  expect((await json({ data: [event] })).body.events_received).toBe(1);
  expect(await sandbox.arrived(eid)).toMatchObject({ merged: true, merged_by: "event_id" });
});

test("one bad event does not fail its neighbours, and is named", async () => {
  const [good, other] = [serverEvent(), serverEvent()];
  const { status, body } = await json({ data: [good, serverEvent({ custom_data: {} }), other] });
  expect({ status, received: body.events_received }).toEqual({ status: 200, received: 2 });
  expect(body.messages?.map((message) => message.split(":")[0])).toEqual([
    "data[1].custom_data.value",
    "data[1].custom_data.currency",
  ]);
  await sandbox.arrived(good.event_id);
  await sandbox.arrived(other.event_id);
});

test("events with a test code travel by themselves, also out of quarantine", async () => {
  const [plain, tested] = [serverEvent(), serverEvent()];
  await sandbox.fail(400, 1, tested.event_id);
  await Promise.all([
    json({ data: [plain] }),
    json({ data: [tested], test_event_code: "TEST12345", upload_tag: "july" }),
  ]);
  const carrying = async (id: string, status: number) =>
    (await sandbox.report()).requests.find(
      (request) => request.status === status && request.events.some(({ event_id }) => event_id === id),
    );
  await sandbox.arrived(plain.event_id);
  expect(await carrying(plain.event_id, 200)).toMatchObject({ test_event_code: null });
  await eventually(
    "the quarantine",
    async () =>
      (await edge.status()).datasets.some(({ quarantine }) =>
        quarantine.some(({ event_id }) => event_id === tested.event_id),
      ) || undefined,
  );
  const replayed = await fetch(`${edge.url}/bridge/replay`, { method: "POST", headers: bearer });
  expect(replayed.status).toBe(200);
  await sandbox.arrived(tested.event_id);
  expect(await carrying(tested.event_id, 200)).toMatchObject({ test_event_code: "TEST12345" });
});

describe("a key", () => {
  test.each<[string, number, number, string, HeadersInit]>([
    ["that is missing", 400, 2500, "", {}],
    ["that is a token of Meta's", 401, 190, "", { authorization: "Bearer EAABsbCS1234TOKEN" }],
    ["that is wrong in the query", 401, 190, "?access_token=EAABsbCS1234TOKEN", {}],
    ["that a page's origin stands for", 400, 2500, "", { origin: ORIGIN }],
  ])("%s is refused as Meta would", async (_, status, code, query, headers) => {
    const answer = await call(EVENTS + query, { headers, body: JSON.stringify({ data: [serverEvent()] }) });
    expect({ status: answer.status, code: answer.body.error?.code }).toEqual({ status, code });
    expect(answer.body.error?.message).toContain("BRIDGE_KEY");
    expect(JSON.stringify(answer.body)).not.toContain("EAAB");
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("an error of the worker itself", () => {
  test.each([
    ["another path", "POST", `/v26.0/my-pixel/events`, 404, 100],
    ["another method", "GET", EVENTS, 405, 100],
  ])("over %s is in Meta's shape", async (_, method, path, status, code) => {
    const answer = await call(path, { method, headers: bearer });
    expect({ status: answer.status, code: answer.body.error?.code }).toEqual({ status, code });
    expect(answer.body.error?.message).toContain("expected POST");
  });

  test("over its configuration is in Meta's shape, and shows no secret", async () => {
    const weak = await startEdge(sandbox.url, {}, { secrets: { BRIDGE_KEY: "hunter2" } });
    const response = await fetch(`${weak.url}${EVENTS}`, { method: "POST", body: "{}" });
    const { error } = (await response.json()) as Answer;
    expect({ status: response.status, code: error?.code, again: error?.is_transient }).toEqual({
      status: 500,
      code: 2,
      again: true,
    });
    expect(error?.message).toContain("BRIDGE_KEY");
    expect(JSON.stringify(error) + weak.lines.join()).not.toContain("hunter2");
    await weak.stop();
  });
});
