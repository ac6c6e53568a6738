// Tests the handler without a disk, in this process: Meta's answers, and the effect of one sender's events on
// another's (findings A6, A7, A18).

import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DATASET, KEY, ORIGIN, pageEvent, serverEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { graphError, receipt, startMeta } from "../support/meta.ts";
import { trappingDirect } from "../support/trapping.ts";

/** The part of `capi-bridge/direct` that these tests use. */
type Bridge = (request: Request, client?: { address?: string }) => Promise<Response>;
type Direct = { directBridge(settings: { configuration: object; environment: object }): Bridge };
type Body = { data: { event_id: string }[] };

const BUILT = new URL("../../dist/edge/direct.js", import.meta.url).href;
const ENVIRONMENT = { META_ACCESS_TOKEN: "test-token", META_APP_SECRET: "app-secret", BRIDGE_KEY: KEY };

let meta: Awaited<ReturnType<typeof startMeta>>;
let bridge: Bridge;

/** Returns a bridge with these changes to its configuration. */
async function direct(
  changes: object = {},
  environment: object = ENVIRONMENT,
  built = BUILT,
): Promise<Bridge> {
  const { directBridge } = (await import(built)) as Direct;
  const configuration = {
    datasets: [DATASET],
    allowedOrigins: [ORIGIN],
    graphUrl: meta.url,
    timeoutMillis: 5_000,
    rateLimit: { perSecond: 10_000, burst: 10_000 },
  };
  return directBridge({ configuration: { ...configuration, ...changes }, environment });
}

beforeEach(async () => {
  meta = await startMeta();
  bridge = await direct();
});
afterEach(() => meta.stop());

const post = (data: object[], headers: Record<string, string>) =>
  bridge(
    new Request("http://127.0.0.1/bridge/events", {
      method: "POST",
      headers,
      body: JSON.stringify({ data }),
    }),
    { address: "127.0.0.1" },
  );
const ofServer = (data: object[]) => post(data, { authorization: `Bearer ${KEY}` });
const ofPage = (data: object[]) => post(data, { origin: ORIGIN, "user-agent": "Test/1.0" });
const ids = ({ data }: Body) => data.map(({ event_id }) => event_id);

test.each([200, 400, 500])(
  "of an answer of 200 megabytes with status %i, little is read, and it is no receipt",
  async (status) => {
    let written = 0;
    meta.behave((_, response) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.write('{"events_received":1,"messages":["');
      const chunk = "x".repeat(1024 * 1024);
      const more = () => {
        while (!response.destroyed && written < 200 * chunk.length) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
        if (!response.destroyed) response.end('"]}');
      };
      more();
      return true;
    });
    const answer = await ofServer([serverEvent()]);
    expect(answer.status).toBe(503);
    // A few tries, each up to the limit plus the bytes that are on their way.
    expect(written).toBeLessThan(100 * 1024 * 1024);
  },
  30_000,
);

describe("events that Meta rejects one by one", () => {
  test("of some requests do not fail the others", async () => {
    meta.behave((request, response) => {
      if (!ids(request.body).some((id) => id.startsWith("bad"))) return false;
      graphError(response, 400, { code: 100, error_subcode: 2804010 });
      return true;
    });
    const bad = Array.from({ length: 4 }, (_, request) =>
      ofPage(Array.from({ length: 180 }, (_, index) => pageEvent({ event_id: `bad-${request}-${index}` }))),
    );
    const good = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 1 ? ofPage([pageEvent()]) : ofServer([serverEvent()]),
    );
    const statuses = (await Promise.all(good)).map((answer) => answer.status);
    expect(statuses).toEqual(statuses.map(() => 202));
    await Promise.all(bad);
    // Splitting has a budget: far fewer requests than two for each event.
    expect(meta.received.length).toBeLessThan(500);
  }, 60_000);

  test("with an answer about the request itself are not tried one by one, and are the sender's to send again", async () => {
    meta.behave((_, response) => {
      const message = "Invalid appsecret_proof provided in the API argument";
      graphError(response, 400, { code: 100, type: "GraphMethodException", message });
      return true;
    });
    const answer = await ofServer(Array.from({ length: 50 }, () => serverEvent()));
    expect(answer.status).toBe(503);
    expect(meta.received.length).toBeLessThanOrEqual(3);
  }, 30_000);
});

test("a 200 with events_received 0 is no receipt", async () => {
  let asked = 0;
  meta.behave((request, response) => {
    asked += 1;
    if (asked > 1) receipt(request, response);
    else response.end(JSON.stringify({ events_received: 0, messages: [], fbtrace_id: "T" }));
    return true;
  });
  expect((await ofServer([serverEvent()])).status).toBe(202);
  expect(asked).toBe(2);
});

test.each([
  ["BRIDGE_KEY", "expected at least 32 characters"],
  ["SEGMENT_WRITE_KEY", "expected at least 32 characters"],
  ["SEGMENT_WRITE_KEY_7", 'expected one of "datasets" in its name'],
])("a %s that cannot be right is an error at the start, without the key", async (name, expected) => {
  const error = await direct({}, { ...ENVIRONMENT, [name]: "hunter2" }).catch((error: unknown) => error);
  expect(String(error)).toContain(`${name}: ${expected}`);
  expect(String(error)).not.toContain("hunter2");
});

test("orders are remembered in memory, and the later copy of a server gets the page's visitor", async () => {
  const order = { value: 1, currency: "EUR", order_id: randomUUID() };
  const page = pageEvent({ event_id: randomUUID(), custom_data: order });
  expect((await ofPage([page])).status).toBe(202);
  const user_data = { em: "jane@example.com", fbp: "fb.1.1596403881668.1116446470" };
  const { event_name, event_time } = page;
  const later = { event_name, event_time, action_source: "system_generated", custom_data: order, user_data };
  expect((await ofServer([later])).status).toBe(202);
  const [, second] = meta.received.map(({ body }) => body.data[0]);
  expect(second).toMatchObject({
    event_id: page.event_id,
    event_source_url: page.event_source_url,
    user_data: { client_user_agent: "Test/1.0" },
  });
});

test("events that take more than the outbox holds are a 503, and none of them is sent", async () => {
  bridge = await direct({ maxBacklogBytes: 1_000_000 });
  const note = "x".repeat(20_000);
  const large = () => serverEvent({ custom_data: { value: 1, currency: "EUR", note } });
  const answer = await ofServer(Array.from({ length: 60 }, large));
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("60");
  expect(await answer.text()).toContain("outbox_full");
  expect(meta.received).toEqual([]);
  expect((await ofServer([large()])).status).toBe(202);
});

test("a trap costs its neighbours a 503, after which they can send again, and later requests nothing", async () => {
  bridge = await direct({}, ENVIRONMENT, await trappingDirect());
  const waiting: (() => void)[] = [];
  meta.behave((request, response) => {
    waiting.push(() => receipt(request, response));
    return true;
  });
  const neighbours = Array.from({ length: 3 }, () => ofServer([serverEvent()]));
  await eventually("their requests", async () => (waiting.length === 3 ? true : undefined));
  const headers = { authorization: `Bearer ${KEY}`, "x-trap": "take traps" };
  expect((await post([serverEvent()], headers)).status).toBe(503);
  // This request runs in the new instance, where the plans of the neighbours must not be freed.
  const later = ofServer([serverEvent()]);
  await eventually("its request", async () => (waiting.length === 4 ? true : undefined));
  for (const answer of waiting) answer();
  for (const { status, headers } of await Promise.all(neighbours)) {
    expect([status, headers.get("retry-after")]).toEqual([503, "60"]);
  }
  expect((await later).status).toBe(202);
});

test("its health names the dataset that has no token", async () => {
  const health = async () =>
    (await (await bridge(new Request("http://127.0.0.1/bridge/health"))).json()) as unknown;
  expect(await health()).toEqual({ status: "ok", durable: false });
  bridge = await direct({ datasets: [DATASET, "42"] }, { [`META_ACCESS_TOKEN_${DATASET}`]: "test-token" });
  expect(await health()).toEqual({
    status: "alarm",
    durable: false,
    alarms: ["dataset 42: no token: set the secret META_ACCESS_TOKEN or META_ACCESS_TOKEN_42"],
  });
});
