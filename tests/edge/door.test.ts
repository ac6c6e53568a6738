// Tests the door: limits for every sender, refusals that the operator sees, memory for bodies, health.

import { connect } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DATASET, type Edge, KEY, ORIGIN, pageEvent, serverEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { startMeta } from "../support/meta.ts";
import { startEdge } from "../support/started.ts";

const bearer = { authorization: `Bearer ${KEY}` };
const GRAPH = `/v26.0/${DATASET}/events`;

let meta: Awaited<ReturnType<typeof startMeta>>;
let edge: Edge;

beforeAll(async () => {
  meta = await startMeta();
  return () => meta.stop();
});
afterEach(() => edge.stop());

const from = (address: string) => ({ "cf-connecting-ip": address });
const pages = (count: number) => ({
  data: Array.from({ length: count }, () => ({
    event_name: "PageView",
    event_id: pageEvent().event_id,
    event_source_url: "https://a.example",
    user_data: { external_id: "u" },
  })),
});

/** Returns the counts of refusals in the status, by reason. */
async function refusals(): Promise<Record<string, number>> {
  const answer = await fetch(`${edge.url}/bridge/status`, { headers: bearer });
  return ((await answer.json()) as { refused: Record<string, number> }).refused;
}

/** Posts to a path as given. Returns the status. */
async function post(path: string, headers: Record<string, string>, body: string): Promise<number> {
  const answer = await fetch(`${edge.url}${path}`, { method: "POST", headers, body });
  await answer.arrayBuffer();
  return answer.status;
}

/** Asks with a `Host` header as given. Resolves with the start of the answer. */
function withHost(host: string): Promise<string> {
  const { hostname, port } = new URL(edge.url);
  return new Promise((done, fail) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET /bridge/health HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    );
    socket.on("error", fail);
    socket.once("data", (data) => {
      socket.destroy();
      done(data.toString());
    });
  });
}

describe("one address", () => {
  beforeEach(async () => {
    edge = await startEdge(meta.url);
  });

  test("sends a thousand events at once and then waits; others and right keys do not", async () => {
    await edge.stop();
    edge = await startEdge(meta.url, { rateLimit: { eventsPerSecond: 1 } });
    expect((await edge.post(pages(1000), from("8.8.4.4"))).status).toBe(202);
    // A slow machine has answered some seconds later: as many events are allowed again.
    const refused = await edge.post(pages(100), from("8.8.4.4"));
    expect(refused.status).toBe(429);
    expect(refused.body.problems[0]).toMatchObject({ code: "too_many_requests", event_kept: false });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    // The page's script can read `retry-after`.
    expect(refused.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(refused.headers.get("access-control-expose-headers")).toBe("retry-after");
    expect((await edge.post(pages(1), from("8.8.8.8"))).status).toBe(202);
    expect((await edge.postAsServer({ data: [serverEvent()] }, from("8.8.4.4"))).status).toBe(202);
    expect(await refusals()).toEqual({ too_many_requests: 1 });
  });

  test("sends so many bytes, also in few events", async () => {
    await edge.stop();
    edge = await startEdge(meta.url, { rateLimit: { bytesPerSecond: 10, bytesBurst: 200_000 } });
    const statuses = [];
    for (let request = 0; request < 5; request++) {
      const note = "x".repeat(60_000);
      const event = pageEvent({ custom_data: { value: 1, currency: "EUR", note } });
      statuses.push((await edge.post({ data: [event] }, from("9.9.9.9"))).status);
    }
    expect(statuses).toEqual([202, 202, 202, 202, 429]);
  });

  test("of an office is not blocked by what another site makes its browsers send", async () => {
    const elsewhere = {
      ...from("9.9.9.9"),
      origin: "https://evil.example",
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "no-cors",
    };
    for (let request = 0; request < 60; request++) {
      for (const path of ["/bridge/events", GRAPH, `${GRAPH}?access_token=guessed`]) {
        expect([401, 403]).toContain(await post(path, elsewhere, "{}"));
      }
    }
    expect((await edge.post(pages(1), from("9.9.9.9"))).status).toBe(202);
    expect((await edge.postAsServer({ data: [serverEvent()] }, from("9.9.9.9"))).status).toBe(202);
    // A person in that office who mistypes a key still gets 401.
    expect(await post(GRAPH, { ...from("9.9.9.9"), authorization: "Bearer mistyped" }, "{}")).toBe(401);
  });

  test("of a /48 with many households has a limit, and the table outlives it", async () => {
    await edge.stop();
    edge = await startEdge(meta.url, { rateLimit: { perSecond: 1, burst: 2, ipv6NetworkFactor: 3 } });
    const houses = Array.from({ length: 60 }, (_, house) => from(`2606:4700:0:${house.toString(16)}::1`));
    const answers = await Promise.all(houses.map((house) => edge.post(pages(1), house)));
    // Six at once and three a second: a slow machine needs seconds for all of them.
    expect(answers.filter(({ status }) => status === 202).length).toBeLessThan(40);
    expect((await edge.post(pages(1), from("2606:4700:1::1"))).status).toBe(202);
  });
});

test("a private address is not limited while clientIp is not set, and the status warns of it", async () => {
  edge = await startEdge(meta.url, { clientIp: undefined, rateLimit: { perSecond: 1, burst: 1 } });
  for (let request = 0; request < 5; request++) expect((await edge.post(pages(1))).status).toBe(202);
  const answer = await fetch(`${edge.url}/bridge/status`, { headers: bearer });
  const { warnings } = (await answer.json()) as { warnings: string[] };
  expect(warnings).toEqual([expect.stringContaining('"clientIp"')]);
});

describe("what is refused", () => {
  beforeEach(async () => {
    edge = await startEdge(meta.url, { bodyTimeoutMillis: 300 });
  });

  test("is counted by reason in status and Prometheus, and logged without anything of it", async () => {
    await edge.post(pages(1), { origin: "https://wrong.example" });
    await edge.post(pages(1), { origin: "https://wrong.example" });
    await edge.post({ ...pages(1), dataset_id: "666" });
    await edge.post({
      data: [pageEvent(), pageEvent({ custom_data: { value: 1, note: "jane-of-the-log" } })],
    });
    await edge.postAsServer(pages(1), { authorization: "Bearer wrong-key-0123456789abcdef0123456789" });
    await post(`${GRAPH}?access_token=key-in-the-query-0123456789abcdef0123`, {}, "{}");
    await fetch(`${edge.url}/bridge/events`, { method: "PUT" });
    const expected = {
      origin_not_allowed: 2,
      unknown_dataset: 1,
      wrong_bridge_key: 2,
      missing_currency: 1,
      invalid_request: 1,
    };
    expect(await refusals()).toMatchObject(expected);
    const text = await (
      await fetch(`${edge.url}/bridge/status?format=prometheus`, { headers: bearer })
    ).text();
    expect(text).toContain("# TYPE capi_bridge_refused_total counter\n");
    expect(text).toContain('capi_bridge_refused_total{reason="origin_not_allowed"} 2\n');
    const lines = await eventually("a line for each reason", async () => {
      const found = edge.lines.filter((line) => line.includes('"what":"refused"'));
      return found.length >= Object.keys(expected).length ? found : undefined;
    });
    const reasons = lines.map(
      (line) => (JSON.parse(line.slice(line.indexOf("{"))) as { reason: string }).reason,
    );
    expect(reasons.sort()).toEqual(Object.keys(expected).sort());
    for (const secret of ["jane-of-the-log", "wrong-key", "key-in-the-query", "wrong.example"]) {
      expect(edge.lines.join("\n")).not.toContain(secret);
    }
    // The outbox is told within seconds, and nothing is counted twice.
    await new Promise((done) => setTimeout(done, 3_500));
    expect(await refusals()).toMatchObject(expected);
  });

  test("before any event is counted, too: a preflight, a path below the base, a host", async () => {
    const origin = "https://wrong.example";
    const asked = { origin, "access-control-request-method": "POST" };
    const preflight = await fetch(`${edge.url}/bridge/events`, { method: "OPTIONS", headers: asked });
    expect(preflight.status).toBe(403);
    const path = await fetch(`${edge.url}/bridge/evnts`, { method: "POST", headers: { origin: ORIGIN } });
    expect(path.status).toBe(404);
    // The page's script can read the answer.
    expect(path.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(await path.json()).toMatchObject({
      error: "nothing answers at /bridge/evnts",
      routes: expect.arrayContaining(["POST /bridge/events"]),
    });
    expect(await withHost("a b")).toContain("HTTP/1.1 400");
    const expected = { origin_not_allowed: 1, not_found: 1, invalid_host: 1 };
    expect(await refusals()).toEqual(expected);
    for (const reason of Object.keys(expected)) {
      await eventually(`a line about ${reason}`, async () =>
        edge.lines.find((line) => line.includes('"what":"refused"') && line.includes(`"${reason}"`)),
      );
    }
    expect(edge.lines.join("\n")).not.toContain("evnts");
  });

  test("over another method says which there are, in the sender's shape", async () => {
    const ask = async (path: string) => {
      const answer = await fetch(`${edge.url}${path}`, { method: "PUT", headers: bearer });
      return {
        allow: answer.headers.get("allow"),
        status: answer.status,
        body: (await answer.json()) as object,
      };
    };
    expect(await ask("/bridge/events")).toMatchObject({
      status: 405,
      allow: "POST, OPTIONS",
      body: { events_received: 0, problems: [{ message: "expected POST, not PUT" }] },
    });
    expect(await ask(GRAPH)).toMatchObject({ status: 405, allow: "POST", body: { error: { code: 100 } } });
  });
});

describe("the memory for bodies", () => {
  /** Begins a request and sends so many bytes of its body. Resolves with the start of the answer. */
  function slow(path: string, headers: string[], bytes: number, announced: number): Promise<string> {
    const { hostname, port } = new URL(edge.url);
    return new Promise((done) => {
      const socket = connect(Number(port), hostname, () => {
        const head = [`POST ${path} HTTP/1.1`, "Host: x", ...headers, `Content-Length: ${announced}`, "", ""];
        socket.write(head.join("\r\n"));
        socket.write(Buffer.alloc(bytes, 32));
      });
      let text = "";
      socket.on("data", (data) => {
        text += data.toString();
        socket.destroy();
        done(text);
      });
      socket.on("error", () => done(text));
    });
  }

  test("is kept free for pages and servers while slow bodies fill their share, and no longer than they may take", async () => {
    edge = await startEdge(meta.url, { maxBodyBytesInFlight: 1_048_576, bodyTimeoutMillis: 3_000 });
    const begun = Array.from({ length: 20 }, () => slow(GRAPH, [], 100_000, 4_000_000));
    const busy = await eventually("some that are refused", async () => {
      const answers = await Promise.all(
        begun.map((one) => Promise.race([one, new Promise<string>((done) => setTimeout(done, 5, ""))])),
      );
      const refused = answers.filter((text) => text.includes(" 503 "));
      return refused.length >= 12 ? refused : undefined;
    });
    for (const text of busy) {
      expect(text.toLowerCase()).toContain("retry-after: ");
      expect(text).toContain('"is_transient":true');
    }
    // A body that is announced but does not arrive takes no memory.
    const announced = Array.from({ length: 20 }, () => slow("/bridge/events", [bearerLine], 10, 4_000_000));
    expect((await edge.post(pages(1))).status).toBe(202);
    const large = serverEvent({ custom_data: { value: 1, currency: "EUR", note: "x".repeat(60_000) } });
    const many = Array.from({ length: 4 }, (_, one) => ({ ...large, event_id: `large-${one}` }));
    expect((await edge.postAsServer({ data: many })).status).toBe(202);
    const all = await Promise.all([...begun, ...announced]);
    expect(all.filter((text) => text.includes(" 408 ")).length).toBeGreaterThan(20);
    // Afterwards all of the memory is free again.
    const body = JSON.stringify({ data: many, access_token: KEY });
    expect(await post(GRAPH, { "content-type": "application/json" }, body)).toBe(200);
    expect((await refusals())["busy"]).toBe(all.filter((text) => text.includes(" 503 ")).length);
  });

  test("is not taken by bodies that are announced and do not come", async () => {
    edge = await startEdge(meta.url, { maxBodyBytesInFlight: 1_048_576, bodyTimeoutMillis: 3_000 });
    const begun = Array.from({ length: 100 }, () => slow(GRAPH, [], 0, 60_000));
    await new Promise((done) => setTimeout(done, 500));
    const body = JSON.stringify({ data: [serverEvent()], access_token: KEY });
    expect(await post(GRAPH, { "content-type": "application/json" }, body)).toBe(200);
    for (const text of await Promise.all(begun)) expect(text).toContain(" 408 ");
  });

  test("is given back when clients reset their connections", async () => {
    edge = await startEdge(meta.url, { maxBodyBytesInFlight: 1_048_576, bodyTimeoutMillis: 2_000 });
    const { hostname, port } = new URL(edge.url);
    /** Begins a post, sends so many bytes of its body, and resets the connection. */
    const reset = (bytes: number) =>
      new Promise<void>((done) => {
        const socket = connect(Number(port), hostname, () => {
          const head = [`POST ${GRAPH} HTTP/1.1`, "Host: x", "Content-Length: 65536", "", ""].join("\r\n");
          socket.write(Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 32)]));
          setTimeout(() => socket.resetAndDestroy(), 100);
        });
        socket.on("error", () => undefined);
        socket.on("close", () => done());
      });
    // The heads alone, and then bodies that fill the memory for senders whose key is in the body.
    for (const bytes of [0, 20_000]) await Promise.all(Array.from({ length: 200 }, () => reset(bytes)));
    const body = JSON.stringify({ data: [serverEvent()], access_token: KEY });
    const ask = () => post(GRAPH, { "content-type": "application/json" }, body);
    const answered = await eventually(
      "memory, before the door forgets old requests",
      async () => ((await ask()) === 200 ? 200 : undefined),
      5_000,
    );
    expect(answered).toBe(200);
  });

  const bearerLine = `Authorization: Bearer ${KEY}`;
});

describe("health", () => {
  const health = async () => {
    const answer = await fetch(`${edge.url}/bridge/health`);
    return { status: answer.status, body: await answer.json() };
  };

  test("is ok without a key, and cheap to ask often", async () => {
    edge = await startEdge(meta.url);
    const asked = await Promise.all(Array.from({ length: 20 }, health));
    for (const one of asked) expect(one).toEqual({ status: 200, body: { status: "ok", durable: true } });
  });

  test("is an alarm that names the secret when there is no token", async () => {
    edge = await startEdge(meta.url, {}, { secrets: { META_ACCESS_TOKEN: "" } });
    expect(await health()).toMatchObject({
      status: 200,
      body: {
        status: "alarm",
        durable: true,
        alarms: [expect.stringContaining("META_ACCESS_TOKEN_"), expect.any(String)],
      },
    });
  });
});

test("a Host header that is none gets 400, and nobody else is touched", async () => {
  edge = await startEdge(meta.url);
  const answer = await withHost("a b");
  expect(answer).toContain("HTTP/1.1 400");
  expect((await edge.post(pages(1))).status).toBe(202);
});
