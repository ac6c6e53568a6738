// Tests that nothing stops an outbox: times far ahead, events that Meta rejects, a wrong secret, a slow Meta,
// false receipts (findings A5, A6, A7, A10, A18).

import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DATASET, type Edge, type Status, pageEvent, serverEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { graphError, receipt, type Received, startMeta } from "../support/meta.ts";
import { changeOutbox } from "../support/outbox.ts";
import { startEdge, startSandbox } from "../support/started.ts";

let meta: Awaited<ReturnType<typeof startMeta>>;
let edge: Edge;
/** The ids of the events that Meta took, in the order of the requests. */
let taken: string[];

beforeEach(async () => {
  taken = [];
  meta = await startMeta(takeAll);
});
afterEach(async () => {
  await edge.stop();
  await meta.stop();
});

const ids = ({ body }: Received) => body.data.map(({ event_id }) => event_id);
function takeAll(request: Received, response: ServerResponse) {
  taken.push(...ids(request));
  receipt(request, response);
  return true;
}
/** Answers as Meta does to an event that it rejects. */
const rejected = (response: ServerResponse) => {
  graphError(response, 400, { code: 100, error_subcode: 2804010, message: "Invalid parameter" });
  return true;
};

async function start(changes: object = {}, own: { state?: string; secrets?: Record<string, string> } = {}) {
  edge = await startEdge(meta.url, { retryAtMostSeconds: 1, ...changes }, own);
  return edge;
}
async function again(changes: object = {}, own: { secrets?: Record<string, string> } = {}) {
  const { state } = edge;
  await edge.stop();
  const started = await start(changes, { state, ...own });
  // The status request wakes the outbox, so that the test does not wait for the earlier alarm.
  await edge.status();
  return started;
}
type Dataset = Status["datasets"][number];
async function dataset(): Promise<Dataset> {
  const found = (await edge.status()).datasets.find(({ dataset_id }) => dataset_id === DATASET);
  if (found === undefined) throw new Error("expected the dataset in the status");
  return found;
}
const until = (what: string, holds: () => boolean | Promise<boolean>, millis = 40_000) =>
  eventually(what, async () => ((await holds()) ? true : undefined), millis);
const pause = (millis: number) => new Promise((done) => setTimeout(done, millis));
const many = (number: number, prefix: string, changes: object = {}) =>
  Array.from({ length: number }, (_, index) => serverEvent({ event_id: `${prefix}-${index}`, ...changes }));
const manyOfPages = (number: number, prefix: string) =>
  Array.from({ length: number }, (_, index) => pageEvent({ event_id: `${prefix}-${index}` }));

describe("a due time far ahead", () => {
  test.each(["oldest", "all"])("is bounded by what the configuration allows now (%s)", async (which) => {
    await start({ holdSeconds: 600 });
    for (let request = 0; request < 3; request++) {
      expect((await edge.postAsServer({ data: many(2, `request-${request}`) })).status).toBe(202);
    }
    expect((await edge.post({ data: manyOfPages(2, "page") })).status).toBe(202);
    const { state } = edge;
    await edge.stop();
    expect(Number(await changeOutbox("due-far-ahead", state, DATASET, which))).toBeGreaterThan(0);
    await start({ holdSeconds: 1 }, { state });
    expect((await edge.postAsServer({ data: [serverEvent({ event_id: "new" })] })).status).toBe(202);
    await until("all of them", () => new Set(taken).size === 9);
    // Meta has them a moment before the outbox knows.
    await until("an empty outbox", async () => (await dataset()).depth === 0);
    expect(taken).toHaveLength(9);
  });

  test("is not left by a hold that was a day and is two seconds", async () => {
    await start({ holdSeconds: 86_400 });
    await edge.postAsServer({ data: many(3, "held") });
    await edge.post({ data: manyOfPages(3, "held-page") });
    await again({ holdSeconds: 2 });
    await edge.postAsServer({ data: [serverEvent({ event_id: "new" })] });
    await until("all of them", () => new Set(taken).size === 7);
  });

  test("does not hold back what is due before", async () => {
    await start({ holdSeconds: { Purchase: 3600, "*": 0 } });
    await edge.postAsServer({ data: [serverEvent({ event_id: "held" })] });
    await edge.postAsServer({ data: [serverEvent({ event_id: "due", event_name: "Lead" })] });
    await until("the one that is due", () => taken.includes("due"));
    expect(taken).not.toContain("held");
  });
});

describe("a Meta that answers code 100 to every request", () => {
  test.each([
    ["in one request", (events: object[]) => [events]],
    ["one a request", (events: object[]) => events.map((event) => [event])],
  ])("stops the lane and keeps its events (%s)", async (_, split) => {
    meta.behave((_, response) => rejected(response));
    await start();
    const events = many(200, "good");
    for (const data of split(events)) expect((await edge.postAsServer({ data })).status).toBe(202);
    await until("an alarm", async () => (await edge.status()).status === "alarm");
    const asked = meta.received.length;
    expect(asked).toBeLessThan(60);
    await pause(3_000);
    // A lane that stopped sends a request only now and then.
    expect(meta.received.length - asked).toBeLessThan(5);
    const { depth, quarantined, totals } = await dataset();
    expect(quarantined).toBeLessThanOrEqual(5);
    expect(depth + quarantined).toBe(200);
    expect(totals["delivered"]).toBe(0);

    // The operator fixes the cause and starts the worker again.
    meta.behave(takeAll);
    await again();
    await until("what was kept", () => new Set(taken).size >= 200 - quarantined);
    const after = await dataset();
    expect(after.quarantined + new Set(taken).size).toBe(200);
  });

  test("for a page's events does not stop a server's, and they are rejected for themselves", async () => {
    meta.behave((request, response) =>
      ids(request).some((id) => id.startsWith("bad")) ? rejected(response) : takeAll(request, response),
    );
    await start();
    await edge.post({ data: manyOfPages(200, "bad") });
    await edge.postAsServer({ data: many(20, "good") });
    // Meta has them a moment before the outbox knows.
    await until("the server's", async () => (await dataset()).totals["delivered"] === 20);
    const { depth, quarantined } = await dataset();
    expect(depth + quarantined).toBe(200);
  });

  test("for a few among many sets those apart, each with its reason", async () => {
    const bad = new Set(["mixed-3", "mixed-77", "mixed-150"]);
    meta.behave((request, response) =>
      ids(request).some((id) => bad.has(id)) ? rejected(response) : takeAll(request, response),
    );
    await start();
    await edge.postAsServer({ data: many(200, "mixed") });
    await until(
      "all of them",
      async () => (await dataset()).quarantined === 3 && (await dataset()).depth === 0,
    );
    expect(new Set(taken).size).toBe(197);
    const { quarantine } = await dataset();
    expect(new Set(quarantine.map(({ event_id }) => event_id))).toEqual(bad);
    expect(quarantine[0]?.refusal.errorSubcode).toBe(2804010);
    expect((await edge.status()).status).toBe("ok");
  });
});

describe("an answer about the request itself", () => {
  test.each([
    [
      "a wrong appsecret_proof",
      { code: 100, message: "Invalid appsecret_proof provided in the API argument" },
    ],
    ["an endpoint that is none", { code: 100, message: "Unsupported post request", error_subcode: 33 }],
    ["a call that the app may not make", { code: 100, message: "The parameter access_token is required" }],
  ])("stops the dataset at once and sets nothing apart (%s)", async (_, error) => {
    meta.behave((_, response) => {
      graphError(response, 400, { type: "GraphMethodException", ...error });
      return true;
    });
    await start({}, { secrets: { META_APP_SECRET: "wrong-app-secret" } });
    await edge.postAsServer({ data: many(50, "server") });
    await edge.post({ data: manyOfPages(50, "page") });
    await until("an alarm", async () => (await edge.status()).status === "alarm");
    await pause(2_000);
    expect(meta.received.length).toBeLessThanOrEqual(3);
    expect(await dataset()).toMatchObject({ sending: "stopped", quarantined: 0, depth: 100 });
    meta.behave(takeAll);
    await again({}, { secrets: { META_APP_SECRET: "right-app-secret" } });
    await until("all of them", () => new Set(taken).size === 100);
  });
});

describe("a flood of a page's events that Meta rejects one by one", () => {
  test("does not delay a server's events, nor take all requests to Meta", async () => {
    meta.behave((request, response) =>
      ids(request).some((id) => id.startsWith("bad")) ? rejected(response) : takeAll(request, response),
    );
    // All of them are due at the same time.
    await start({ holdSeconds: 4, rateLimit: { perSecond: 10_000, burst: 10_000 } });
    for (let request = 0; request < 10; request++) {
      // Good events between the bad ones keep the lane from stopping.
      const data = manyOfPages(100, `${request % 2 === 1 ? "bad" : "fine"}-${request}`);
      data.forEach((event, index) => index % 7 === 0 && (event.event_id = `fine-${request}-${index}`));
      expect((await edge.post({ data })).status).toBe(202);
      expect((await edge.postAsServer({ data: many(2, `server-${request}`) })).status).toBe(202);
    }
    const areTaken = (prefix: string, number: number) => () =>
      taken.filter((id) => id.startsWith(prefix)).length === number;
    const posted = meta.received.length;
    // Counted in requests, since a busy machine is slow: the server's did not wait for hundreds of others.
    const requestsUntilLast = (prefix: string) =>
      meta.received.map((request) => ids(request).some((id) => id.startsWith(prefix))).lastIndexOf(true);
    await until("the server's", areTaken("server-", 20));
    expect(requestsUntilLast("server-") - posted).toBeLessThan(60);
    for (const sender of ["server", "page"] as const) {
      const before = meta.received.length;
      if (sender === "server") await edge.postAsServer({ data: many(20, "later-server") });
      else await edge.post({ data: manyOfPages(20, "later-page") });
      await until(`what a ${sender} sent later`, areTaken(`later-${sender}`, 20));
      expect(requestsUntilLast(`later-${sender}`) - before).toBeLessThan(60);
    }
  });
});

describe("a Meta that needs 2 ms an event", () => {
  test("gets smaller requests until it answers in time, and all events once or little more", async () => {
    meta.behave((request, response) => {
      // Meta processes a request even if the worker no longer waits for the answer.
      setTimeout(() => {
        taken.push(...ids(request));
        if (!response.destroyed) receipt(request, response);
      }, 2 * request.body.data.length);
      return true;
    });
    await start({ timeoutMillis: 500 });
    await edge.postAsServer({ data: many(1000, "slow-a") });
    await edge.postAsServer({ data: many(1000, "slow-b") });
    await edge.post({ data: manyOfPages(300, "slow-page") });
    await until("all delivered", async () => (await dataset()).totals["delivered"] === 2300, 45_000);
    expect(new Set(taken).size).toBe(2300);
    // 1,000, 500 and 250 at a time come too late, and a request that grew now and then.
    expect(taken.length).toBeLessThan(3 * 2300);
    expect(await dataset()).toMatchObject({ depth: 0, quarantined: 0 });
  }, 90_000);
});

describe("a 200 that does not say that all was received", () => {
  test.each([0, "0", null, -1])("with events_received %j is no receipt", async (events_received) => {
    let asked = 0;
    meta.behave((request, response) => {
      asked += 1;
      if (asked > 2) return takeAll(request, response);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ events_received, messages: [], fbtrace_id: "T" }));
      return true;
    });
    await start();
    await edge.postAsServer({ data: many(3, "none") });
    await until("them at last", async () => (await dataset()).totals["delivered"] === 3);
    expect(new Set(taken).size).toBe(3);
    const { totals, depth, quarantined } = await dataset();
    expect([totals["delivered"], depth, quarantined]).toEqual([3, 0, 0]);
    expect(totals["failed_requests"]).toBeGreaterThanOrEqual(2);
  });

  test("for one of ten events loses none of them", async () => {
    meta.behave((request, response) => {
      const received = ids(request).filter((id) => id !== "part-4");
      taken.push(...received);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ events_received: received.length, messages: [], fbtrace_id: "T" }));
      return true;
    });
    await start();
    await edge.postAsServer({ data: many(10, "part") });
    await until("nine at Meta", () => new Set(taken).size === 9);
    await pause(2_000);
    // The tenth event waits or is in quarantine. It is not counted as delivered.
    const { totals, depth, quarantined } = await dataset();
    expect((totals["delivered"] ?? 0) + depth + quarantined).toBe(10);
    expect(depth + quarantined).toBeGreaterThanOrEqual(1);
  });
});

describe("the worker accepts nothing that the sandbox rejects", () => {
  test.each([
    ["an address without a host", { event_source_url: "http:///" }],
    ["an address with a blank host", { event_source_url: "https:// /thanks" }],
    ["an address of a port alone", { event_source_url: "https://:443/" }],
    ["an address with a broken port", { event_source_url: "https://shop.example:99999/" }],
    ["an address in brackets", { event_source_url: "https://[::1" }],
    ["an address with a broken escape for a host", { event_source_url: "https://%zz/" }],
    ["an address of another scheme", { event_source_url: "ftp://shop.example/" }],
    ["a currency that is none", { custom_data: { value: 1, currency: "RMB" } }],
    ["a value that is no number", { custom_data: { value: "1,5,0", currency: "EUR" } }],
    ["a negative value", { custom_data: { value: -5, currency: "EUR" } }],
    ["a messaging channel that is none", { messaging_channel: "pigeon" }],
    ["a name of 51 letters", { event_name: "x".repeat(51) }],
  ])("(%s)", async (_, changes) => {
    const sandbox = await startSandbox();
    edge = await startEdge(sandbox.url, { retryAtMostSeconds: 1 });
    const neighbour = serverEvent();
    const data = [serverEvent({ event_id: `odd-${Date.now()}`, ...changes }), neighbour];
    const { body } = await edge.postAsServer({ data });
    expect([1, 2]).toContain(body.events_received);
    await sandbox.arrived(neighbour.event_id);
    await until("an empty outbox", async () => (await dataset()).depth === 0);
    expect(await dataset()).toMatchObject({
      quarantined: 0,
      totals: { delivered: body.events_received, failed_requests: 0 },
    });
    await sandbox.stop();
  });
});
