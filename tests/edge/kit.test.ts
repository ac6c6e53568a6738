// `capi-bridge/testing` and `capi-bridge/testing/vitest`, over a real sandbox and both kinds of bridge.

import { afterAll, describe, expect as plain } from "vitest";
import { startBridge } from "../../src/shell/testing/bridge.ts";
import { newClickId, seedCookies } from "../../src/shell/testing/cookies.ts";
import { drawEvents } from "../../src/shell/testing/draw.ts";
import { fakeBridge } from "../../src/shell/testing/fake.ts";
import { listen } from "../../src/shell/testing/listen.ts";
import { proxy } from "../../src/shell/testing/proxy.ts";
import { sandboxAt, startSandbox } from "../../src/shell/testing/sandbox.ts";
import { type Capi, expect, test } from "../../src/shell/testing/vitest.ts";

/** Short, because the tests expect these failures. */
const SOON = { timeout: 300 };
const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

const event = (changes: object = {}) => ({
  event_name: "Purchase",
  event_time: Math.floor(Date.now() / 1000),
  event_id: "order-1",
  action_source: "website",
  event_source_url: "https://shop.example/thanks",
  user_data: {
    client_user_agent: "Mozilla/5.0",
    client_ip_address: "8.8.4.4",
    fbp: "fb.1.1596403881668.1116446470",
  },
  custom_data: { value: 59.9, currency: "EUR" },
  ...changes,
});

async function send({ bridge }: Pick<Capi, "bridge">, changes: object = {}): Promise<void> {
  const answer = await fetch(`${bridge.url}${bridge.base}/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${bridge.key}`, "content-type": "application/json" },
    body: JSON.stringify({ data: [event(changes)] }),
  });
  plain(answer.status).toBe(202);
}
const hit = ({ sandbox }: Pick<Capi, "sandbox">, query: string) =>
  fetch(`${sandbox.url}/tr/?id=1234567890&${query}`);

async function failure(expectation: Promise<unknown>): Promise<string> {
  const error = await expectation.then(
    () => undefined,
    (error: unknown) => error,
  );
  plain(error).toBeInstanceOf(Error);
  // eslint-disable-next-line no-control-regex
  return (error as Error).message.replaceAll(/\u001b\[\d+m/g, "");
}

describe("the matchers for Vitest", () => {
  test("pass over a pair", async ({ capi }) => {
    await hit(capi, "ev=Purchase&eid=order-1&cd[value]=59.9");
    await send(capi);
    await expect(capi).toHaveSent("Purchase", { value: 59.9 }, { copy: "both" });
    await expect(capi).toHaveSentOnce("Purchase");
    await expect(capi).toShareEventId("Purchase");
    await expect(capi).toBeDeduplicated("Purchase");
    await expect(capi).toHaveIdentifiers("Purchase", ["fbp", "client_ip_address"], { copy: "server" });
  });

  test("start each test with an empty sandbox and bridge, and fail with a message that helps", async ({
    capi,
  }) => {
    plain((await capi.report()).events).toEqual([]);
    plain(await failure(expect(capi).toHaveSent("Purchase", {}, SOON))).toContain(
      "Found:    no event at all",
    );
    await send(capi);
    await expect(capi).toHaveSent("Purchase", { currency: plain.stringMatching(/^EUR$/) as unknown });
    await expect(capi).not.toHaveSent("Lead");
    plain(await failure(expect(capi).toHaveSent("Purchase", { value: 1 }, SOON))).toContain(
      "value: expected 1, found 59.9 (server)",
    );
    plain(await failure(expect(capi).toHaveSentOnce("Lead", {}, SOON))).toContain("no Lead, only Purchase");
    plain(await failure(expect(capi).toShareEventId("Purchase", SOON))).toContain(
      `no browser copy; server "order-1"`,
    );
    plain(await failure(expect(capi).toBeDeduplicated("Purchase", SOON))).toContain(
      "the server's copy alone",
    );
    plain(await failure(expect(capi).toHaveIdentifiers("Purchase", ["em"], SOON))).toContain("em is missing");
    plain(await failure(expect({}).toHaveSent("Lead"))).toContain(`expected the fixture "capi" or a sandbox`);
    plain(drawEvents((await capi.report()).events)).toMatch(/event id +– +order-1/);
  });

  test("over the fake", () => {
    const bridge = fakeBridge();
    const said = (use: () => void): string => {
      try {
        use();
      } catch (error) {
        // eslint-disable-next-line no-control-regex
        return (error as Error).message.replaceAll(/\u001b\[\d+m/g, "");
      }
      return "";
    };
    plain(said(() => expect(bridge).toHaveTracked("Lead"))).toContain("Found:    no event");
    bridge.track("Lead", { value: 5 });
    expect(bridge).toHaveTracked("Lead");
    expect(bridge).toHaveTracked("Lead", { value: 5 });
    expect(bridge).not.toHaveTracked("Lead", { value: 6 });
    expect(bridge).not.toHaveTracked("Purchase");
    plain(said(() => expect(bridge).toHaveTracked("Lead", { value: 6 }))).toContain(
      "value: expected 6, found 5",
    );
    plain(said(() => expect(bridge).toHaveTracked("Purchase"))).toContain("only Lead");
    plain(said(() => expect(bridge).not.toHaveTracked("Lead"))).toContain("Expected: not Lead");
    plain(said(() => expect({}).toHaveTracked("Lead"))).toContain("expected a fake bridge");
  });
});

describe.each(["durable", "direct"] as const)("the %s bridge", (kind) => {
  test("sends to the sandbox, through a fault, and forgets on reset", async () => {
    const sandbox = await startSandbox();
    stops.push(sandbox.stop);
    const bridge = await startBridge({ sandbox, kind, datasets: ["42"] });
    stops.push(bridge.stop);
    plain(bridge.kind).toBe(kind);
    plain(bridge.why).toContain(kind);
    await sandbox.injectFault({ status: 500, times: 1 });
    await send({ bridge });
    const seen = await sandbox.waitForEvent("Purchase", { parameters: { value: 59.9 }, datasetId: "42" });
    plain(seen.server?.event_id).toBe("order-1");
    plain((await sandbox.report()).requests.map(({ status }) => status)).toEqual([200, 500]);
    await bridge.reset();
    await sandbox.reset();
    await send({ bridge });
    await sandbox.waitForEvent("Purchase");
    plain(await failure(sandbox.waitForEvent("Lead", { timeoutMillis: 100 }))).toContain(
      "waited 100 ms for Lead; found: no Lead, only Purchase",
    );
  });

  test("is on the site's origin behind the proxy", async () => {
    const sandbox = await startSandbox();
    const bridge = await startBridge({ sandbox, kind });
    const site = await listen((request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/old") return new Response(null, { status: 302, headers: { location: "/new" } });
      return new Response(pathname, {
        headers: [
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
        ],
      });
    });
    const before = await proxy({ site: site.url, bridge, sandbox });
    stops.push(sandbox.stop, bridge.stop, site.stop, before.stop);
    const page = await fetch(`${before.url}/page`);
    plain([await page.text(), page.headers.getSetCookie()]).toEqual(["/page", ["a=1", "b=2"]]);
    const moved = await fetch(`${before.url}/old`, { redirect: "manual" });
    plain([moved.status, moved.headers.get("location")]).toEqual([302, "/new"]);
    plain(await (await fetch(`${before.url}/bridge/capi-bridge.js`)).text()).toContain("capi-bridge");
    plain(await (await fetch(`${before.url}/fbevents.js`)).text()).toContain("fbq");
    // A page's post, from the proxy's own origin.
    const answer = await fetch(`${before.url}/bridge/events`, {
      method: "POST",
      headers: { origin: before.url, "content-type": "text/plain", "user-agent": "Mozilla/5.0" },
      body: JSON.stringify({ data: [event({ event_id: "page-1" })] }),
    });
    plain(answer.status).toBe(202);
    await fetch(`${before.url}/tr/?id=1234567890&ev=Purchase&eid=page-1`);
    plain((await sandbox.waitForEvent("Purchase", { copy: "both" })).merged).toBe(true);
    // Another origin is refused.
    const foreign = await fetch(`${before.url}/bridge/events`, {
      method: "POST",
      headers: { origin: "https://elsewhere.example" },
      body: JSON.stringify({ data: [event()] }),
    });
    plain(foreign.status).toBe(403);
  });
});

describe("a proxy", () => {
  test("says what is wrong with the site", async () => {
    await plain(proxy({ site: "no-such-folder" })).rejects.toThrow(
      "no-such-folder is no folder. Expected an address",
    );
    const gone = await listen(() => new Response());
    await gone.stop();
    const before = await proxy({ site: gone.url });
    stops.push(before.stop);
    const answer = await fetch(before.url);
    plain([answer.status, await answer.text()]).toEqual([
      502,
      `Nothing answers at ${gone.url} (ECONNREFUSED). Start the site before the test.`,
    ]);
  });

  test("serves a folder, and nothing outside of it", async () => {
    const before = await proxy({ site: new URL("../e2e/kit-site", import.meta.url).pathname });
    stops.push(before.stop);
    const get = async (path: string) => (await fetch(`${before.url}${path}`)).status;
    plain([await get("/"), await get("/plain"), await get("/pixel.js?x=1")]).toEqual([200, 200, 200]);
    plain([await get("/none"), await get("/%2e%2e%2fkit-check.test.ts"), await get("/%ff")]).toEqual([
      404, 404, 400,
    ]);
  });
});

describe("the visitor's cookies", () => {
  test("are of the site's registrable domain, with the click letter by letter", async () => {
    const clickId = newClickId();
    const cookies = await seedCookies("http://www.shop.example:8080/", {
      clickId,
      createdMillis: 1_700_000_000_000,
      random: 7,
    });
    const at = { domain: ".shop.example", path: "/" };
    plain(new Set(cookies)).toEqual(
      new Set([
        { name: "_fbp", value: "fb.1.1700000000000.7", ...at },
        { name: "_fbc", value: `fb.1.1700000000000.${clickId}`, ...at },
      ]),
    );
    plain(newClickId()).not.toBe(clickId);
  });

  test("are of the host alone where there is no domain, and without a click there is no fbc", async () => {
    plain(await seedCookies("http://127.0.0.1:3000/")).toMatchObject([
      {
        name: "_fbp",
        value: plain.stringMatching(/^fb\.0\.\d{13}\.\d+$/) as string,
        url: "http://127.0.0.1:3000",
      },
    ]);
  });
});

test("the clock, faults and pairs are asked for by the sandbox's own API", async () => {
  const asked: unknown[] = [];
  const server = await listen(async (request) => {
    const body = await request.text();
    asked.push([
      request.method,
      new URL(request.url).pathname + new URL(request.url).search,
      body && JSON.parse(body),
    ]);
    return Response.json({ merged: false, findings: [] });
  });
  stops.push(server.stop);
  const sandbox = sandboxAt(server.url);
  await sandbox.moveClock({ seconds: 60 });
  await sandbox.moveClock({ millis: 1_790_000_000_000 });
  await sandbox.injectFault({ kind: "rate_limit", target: "graph", times: 2 });
  await sandbox.endFault();
  await sandbox.reset("42");
  plain(await sandbox.checkPair({ event_id: "a" }, null)).toEqual({ merged: false, findings: [] });
  plain(asked).toEqual([
    ["PUT", "/api/clock", { advance_seconds: 60 }],
    ["PUT", "/api/clock", { now_millis: 1_790_000_000_000 }],
    ["PUT", "/api/fault", { kind: "rate_limit", target: "graph", times: 2 }],
    ["DELETE", "/api/fault", ""],
    ["DELETE", "/api/events?dataset_id=42", ""],
    ["DELETE", "/api/fault", ""],
    ["DELETE", "/api/clock", ""],
    ["POST", "/api/check-pair", { browser: { event_id: "a" }, server: null }],
  ]);
});

test("the sandbox's clock moves, and it judges a pair", async () => {
  const sandbox = await startSandbox();
  stops.push(sandbox.stop);
  await sandbox.moveClock({ millis: 1_790_000_000_000 });
  await sandbox.moveClock({ seconds: 60 });
  plain((await sandbox.report()).now_millis).toBe(1_790_000_060_000);
  const browser = { event_id: "a", event_name: "Purchase", dataset_id: "42", custom_data: {}, user_data: {} };
  const server = event({ event_id: "b", event_time: 1_790_000_000 });
  const apart = await sandbox.checkPair(browser, server);
  plain(apart.merged).toBe(false);
  plain(apart.findings.map(({ field }) => field)).toContain("event_id");
  plain((await sandbox.checkPair({ ...browser, event_id: "b" }, server)).merged).toBe(true);
});

test("a refusal of the sandbox is its sentence", async () => {
  const server = await listen(() =>
    Response.json({ error: { message: "times: expected 1 to 100,000." } }, { status: 400 }),
  );
  stops.push(server.stop);
  plain(await failure(sandboxAt(server.url).injectFault({ times: 0 }))).toBe(
    "The sandbox refused PUT /api/fault (400): times: expected 1 to 100,000.",
  );
});

test("a sandbox that is not there is named", async () => {
  plain(await failure(sandboxAt("http://127.0.0.1:9/x").report())).toContain(
    "No sandbox answers at http://127.0.0.1:9.",
  );
});
