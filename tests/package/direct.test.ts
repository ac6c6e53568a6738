// `capi-bridge/direct` of the packed package, in Node and in Deno: delivery without a disk.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DATASET, KEY, ORIGIN, pageEvent, serverEvent } from "../support/edge.ts";
import { pack, pinned } from "../support/package.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startSandbox } from "../support/started.ts";

const SCRIPTS = {
  "package.json": `{"type":"module","private":true}`,
  "bridge.js": `
    import { directBridge } from "capi-bridge/direct";
    export const bridge = directBridge({ configuration: process.env.CONFIGURATION });`,
  "node.js": `
    import { createServer } from "node:http";
    import { createRequestListener } from "@remix-run/node-fetch-server";
    import { bridge } from "./bridge.js";
    const server = createServer(createRequestListener(bridge));
    server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port));`,
  "deno.js": `
    import { bridge } from "./bridge.js";
    Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log("http://127.0.0.1:" + port) },
      (request, { remoteAddr }) => bridge(request, { address: remoteAddr.hostname }),
    );`,
};
const RUNTIMES: [string, string[]][] = [
  ["Node", [process.execPath, "node.js"]],
  ["Deno", ["deno", "run", "--quiet", "--allow-net", "--allow-read", "--allow-env", "deno.js"]],
];

let sandbox: Sandbox;
let project = "";
const started: ChildProcess[] = [];

beforeAll(async () => {
  project = pack().project("direct", SCRIPTS, pinned("@remix-run/node-fetch-server"), "deno@2.9.6");
  sandbox = await startSandbox();
}, 180_000);
beforeEach(() => sandbox.reset());
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** The program itself: the package's command is a script around it, which would outlive a signal. */
function deno(): string {
  const [platform = ""] = readdirSync(join(project, "node_modules/@deno"));
  return join(project, "node_modules/@deno", platform, process.platform === "win32" ? "deno.exe" : "deno");
}

async function start([program = "", ...words]: string[], changes: object = {}) {
  const configuration = { datasets: [DATASET], allowedOrigins: [ORIGIN], graphUrl: sandbox.url, ...changes };
  const child = spawn(program === "deno" ? deno() : program, words, {
    cwd: project,
    env: {
      PATH: process.env["PATH"],
      HOME: project,
      META_ACCESS_TOKEN: "test-token",
      BRIDGE_KEY: KEY,
      CONFIGURATION: JSON.stringify(configuration),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(child);
  const url = await new Promise<string>((done, fail) => {
    createInterface({ input: child.stdout }).once("line", done);
    child.once("exit", (status) => fail(new Error(`ended with status ${status}`)));
  });
  return {
    url,
    stop: () => child.kill("SIGKILL"),
    post: (data: object[], headers: Record<string, string> = {}) =>
      fetch(`${url}/bridge/events`, {
        method: "POST",
        headers: { origin: ORIGIN, "content-type": "text/plain", ...headers },
        body: JSON.stringify({ data }),
      }),
  };
}

describe.each(RUNTIMES)("in %s", (_, command) => {
  let bridge: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    bridge = await start(command);
  });
  afterAll(() => bridge.stop());

  test("a 202 means that Meta has the events", async () => {
    const event = pageEvent();
    expect((await bridge.post([event])).status).toBe(202);
    const [seen] = (await sandbox.report()).events;
    expect(seen).toMatchObject({
      event_id: event.event_id,
      server: { event_time: event.event_time, copies: 1 },
    });
  });

  test("its health says that nothing is kept on disk", async () => {
    expect(await (await fetch(`${bridge.url}/bridge/health`)).json()).toEqual({
      status: "ok",
      durable: false,
    });
    expect((await fetch(`${bridge.url}/bridge/status`)).status).toBe(501);
    expect((await fetch(`${bridge.url}/bridge/capi-bridge.js`)).headers.get("content-type")).toContain(
      "javascript",
    );
  });

  test("it tries again while the request lives", async () => {
    await sandbox.fail(500, 2);
    expect((await bridge.post([pageEvent()])).status).toBe(202);
    const tries = (await sandbox.report()).requests.map((request) => request.status);
    expect(tries).toEqual([200, 500, 500]);
  });

  test("one event that Meta refuses costs the others nothing", async () => {
    const events = [pageEvent(), pageEvent(), pageEvent(), pageEvent(), pageEvent()];
    await sandbox.fail(400, 100, events[2]?.event_id);
    expect((await bridge.post(events)).status).toBe(202);
    const arrived = (await sandbox.report()).events.map((seen) => seen.event_id);
    const others = events.filter((_, index) => index !== 2).map((event) => event.event_id);
    expect(new Set(arrived)).toEqual(new Set(others));
  });

  test("a call of the Graph API's contract is delivered with what stands beside its events", async () => {
    const event = serverEvent();
    const answer = await fetch(`${bridge.url}/v26.0/${DATASET}/events?access_token=${KEY}`, {
      method: "POST",
      body: new URLSearchParams({ data: JSON.stringify([event]), test_event_code: "TEST12345" }),
    });
    expect(await answer.json()).toMatchObject({ events_received: 1, messages: [] });
    const [request] = (await sandbox.report()).requests;
    expect(request).toMatchObject({ status: 200, test_event_code: "TEST12345" });
    expect(request?.events[0]?.event_id).toBe(event.event_id);
  });

  test("it believes no header about the visitor's address that anyone can send", async () => {
    expect((await bridge.post([pageEvent()], { "cf-connecting-ip": "8.8.4.4" })).status).toBe(202);
    expect((await sandbox.report()).events[0]?.server?.client_ip_address).toBeNull();
  });
});

test("what cannot be delivered in time is a 503, so that the sender keeps it", async () => {
  const bridge = await start(RUNTIMES[0]?.[1] ?? []);
  await sandbox.fail(500, 100);
  const answer = await bridge.post([pageEvent()]);
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("60");
  expect(await answer.text()).toContain("send them again");
  bridge.stop();
});

test("a site's documents are refused at the start, with the path", () => {
  const attempt = () =>
    execFileSync(process.execPath, ["bridge.js"], {
      cwd: project,
      stdio: "pipe",
      encoding: "utf8",
      env: {
        CONFIGURATION: JSON.stringify({
          datasets: [DATASET],
          allowedOrigins: [],
          documents: { cookies: "granted" },
        }),
      },
    });
  expect(attempt).toThrow("configuration, documents: ");
});
