// Tests the sandbox as it is in the package: plain Node, without Rust and workerd.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

interface Running {
  url: string;
  port: number;
  stop(): Promise<void>;
}
interface Options {
  port?: number;
  data?: string;
  onLine?: (line: string) => void;
}
interface Shown {
  totals: { events: number; merged: number };
  counts: Record<string, number>;
  events: { event_id: string; merged_by: string | null }[];
}

const BUILT = new URL("../../dist/sandbox/index.js", import.meta.url).href;
const GRAPH = "/v27.0/1234567890/events";
const { serveSandbox } = (await import(BUILT)) as { serveSandbox(options?: Options): Promise<Running> };

const running: { stop(): Promise<void> }[] = [];
const folders: string[] = [];
const lines: string[] = [];

async function start(options: Options = {}): Promise<Running> {
  const sandbox = await serveSandbox({ onLine: (line) => lines.push(line), ...options });
  running.push(sandbox);
  return sandbox;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "capi-bridge-sandbox-"));
  folders.push(path);
  return path;
}

beforeEach(() => {
  lines.length = 0;
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});

const event = (eventId: string) => ({
  event_name: "Lead",
  event_time: Math.floor(Date.now() / 1000),
  event_id: eventId,
  action_source: "website",
  event_source_url: "https://shop.example/",
  user_data: { fbp: "fb.1.1789990000000.1073741823" },
});

const post = (url: string, ...ids: string[]) =>
  fetch(`${url}${GRAPH}`, {
    method: "POST",
    headers: { authorization: "Bearer EAABsecret", "content-type": "application/json" },
    body: JSON.stringify({ data: ids.map(event) }),
  });
const hit = (url: string, eventId: string) => fetch(`${url}/tr?id=1234567890&ev=Lead&eid=${eventId}`);
const show = async (url: string) => (await (await fetch(`${url}/api/events`)).json()) as Shown;
const put = (url: string, body: object) => fetch(url, { method: "PUT", body: JSON.stringify(body) });

test("it answers as Meta, and serves its page and the pixel's script", async () => {
  const { url, port } = await start();
  expect(url).toBe(`http://127.0.0.1:${port}`);
  expect((await hit(url, "a")).headers.get("content-type")).toBe("image/gif");
  expect(await (await post(url, "a")).json()).toMatchObject({ events_received: 1 });
  expect((await show(url)).totals).toMatchObject({ events: 1, merged: 1 });
  for (const [path, type] of [
    ["/", "text/html"],
    ["/page.js", "text/javascript"],
    ["/page.css", "text/css"],
    ["/fbevents.js", "text/javascript"],
  ] as const) {
    const answer = await fetch(url + path);
    expect([path, answer.status, answer.headers.get("content-type")]).toEqual([
      path,
      200,
      `${type}; charset=utf-8`,
    ]);
    expect((await answer.text()).length).toBeGreaterThan(50);
    expect((await fetch(url + path, { method: "HEAD" })).status).toBe(200);
  }
  expect((await fetch(`${url}/%2e%2e/index.js`)).status).toBe(404);
  expect((await fetch(`${url}/assets`)).status).toBe(404);
});

test("every origin may read its API, and not Meta's", async () => {
  const { url } = await start();
  const asked = await fetch(`${url}/api/events`, { method: "OPTIONS" });
  expect([asked.status, asked.headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
  expect((await fetch(`${url}/api/events`)).headers.get("access-control-allow-origin")).toBe("*");
  expect((await post(url, "a")).headers.get("access-control-allow-origin")).toBeNull();
  expect((await fetch(`${url}/api/events`, { method: "HEAD" })).status).toBe(200);
  expect((await fetch(`${url}/api/nothing`)).status).toBe(404);
});

test("a port that is taken is one sentence", async () => {
  const other = createServer();
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  await expect(start({ port })).rejects.toThrow(
    `Port ${port} of 127.0.0.1 is taken by another process: choose another one with --port, or end that process.`,
  );
  other.close();
});

test("two sandboxes of one process have events of their own", async () => {
  const [one, other] = [await start(), await start()];
  await hit(one.url, "a");
  expect((await show(one.url)).totals.events).toBe(1);
  expect((await show(other.url)).totals.events).toBe(0);
});

test("a body that is too long, and a client that leaves, harm no other request", async () => {
  const { url, port } = await start();
  const long = await fetch(`${url}${GRAPH}`, { method: "POST", body: "x".repeat(16 * 1024 * 1024 + 1) });
  expect(long.status).toBe(413);
  const headers = { "content-length": 1000 };
  const leaving = httpRequest({ host: "127.0.0.1", port, path: GRAPH, method: "POST", headers });
  leaving.on("error", () => {});
  leaving.write("{");
  await new Promise((done) => leaving.once("socket", (socket) => socket.once("connect", done)));
  leaving.destroy();
  const broken = connect(port, "127.0.0.1");
  broken.resume();
  broken.write("NONSENSE\r\n\r\n");
  await once(broken, "close");
  expect((await post(url, "a")).status).toBe(200);
});

describe("a fault", () => {
  test("resets the connection", async () => {
    const { url } = await start();
    await put(`${url}/api/fault`, { kind: "reset" });
    await expect(post(url, "a")).rejects.toThrow();
    expect((await post(url, "a")).status).toBe(200);
  });

  test("sends garbage, late", async () => {
    const { url } = await start();
    await put(`${url}/api/fault`, { kind: "garbage", latency_millis: 20 });
    const answer = await post(url, "a");
    expect(answer.status).toBe(200);
    await expect(answer.json()).rejects.toThrow();
  });

  test("sends the body slowly, and stores the events", async () => {
    const { url } = await start();
    await put(`${url}/api/fault`, { kind: "slow_body", latency_millis: 200 });
    const answer = await post(url, "a");
    expect(await answer.json()).toMatchObject({ events_received: 1 });
    expect((await show(url)).totals.events).toBe(1);
  });

  test("ends with the sandbox, however long it was", async () => {
    const { url, stop } = await start();
    await put(`${url}/api/fault`, { latency_millis: 600_000 });
    const waiting = post(url, "a").catch(() => "ended");
    while (((await (await fetch(`${url}/api/fault`)).json()) as { fault: unknown }).fault !== null);
    await stop();
    expect(await waiting).toBe("ended");
  });
});

describe("with a folder", () => {
  test("it starts again with all that it had, and without a token on disk", async () => {
    const data = folder();
    const first = await start({ data });
    await hit(first.url, "a");
    await post(first.url, "a", "b");
    await put(`${first.url}/api/known`, { tokens: ["EAABsecret"] });
    const before = await show(first.url);
    await first.stop();
    for (const name of readdirSync(data)) {
      expect(readFileSync(join(data, name), "latin1")).not.toContain("EAABsecret");
    }
    const second = await start({ data });
    expect((await show(second.url)).events).toEqual(before.events);
    expect((await fetch(`${second.url}${GRAPH}?access_token=other`, { method: "POST" })).status).toBe(401);
    expect(lines).toEqual([]);
  });

  test("it loses nothing that it answered when it is killed", async () => {
    const data = folder();
    const script = `
      const { serveSandbox } = await import(${JSON.stringify(BUILT)});
      console.log((await serveSandbox({ data: ${JSON.stringify(data)} })).url);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [url] = (await once(createInterface(child.stdout), "line")) as [string];
    const answered: string[] = [];
    for (let n = 0; n < 50; n++) {
      if ((await post(url, `e${n}`)).ok) answered.push(`e${n}`);
    }
    child.kill("SIGKILL");
    await once(child, "exit");
    const { url: again } = await start({ data });
    const kept = (await show(again)).events.map((one) => one.event_id);
    expect(answered).toHaveLength(50);
    expect(kept.reverse()).toEqual(answered);
  });

  test("a folder in use is one sentence", async () => {
    const data = folder();
    await start({ data });
    await expect(start({ data })).rejects.toThrow("is in use by");
  });

  test("a folder that cannot be written is one sentence", async () => {
    const file = join(folder(), "file");
    writeFileSync(file, "");
    await expect(start({ data: join(file, "below") })).rejects.toThrow("cannot be written");
  });

  test("a damaged log is set aside, with what came before it kept", async () => {
    const data = folder();
    const first = await start({ data });
    await hit(first.url, "a");
    await first.stop();
    const log = readdirSync(data).find((name) => name.endsWith(".jsonl"));
    appendFileSync(join(data, log!), "no JSON\n");
    const second = await start({ data });
    expect((await show(second.url)).totals.events).toBe(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/is damaged: line 1 cannot be read\. .* was kept as .*\.damaged-\d+\.$/);
    await hit(second.url, "b");
    await second.stop();
    expect((await show((await start({ data })).url)).totals.events).toBe(2);
    expect(lines).toHaveLength(1);
  });

  test("a damaged snapshot is set aside, and the sandbox starts empty", async () => {
    const data = folder();
    const first = await start({ data });
    await hit(first.url, "a");
    await first.stop();
    const snapshot = readdirSync(data).find((name) => /^sandbox-\d+\.json$/.test(name));
    writeFileSync(join(data, snapshot!), "{");
    const second = await start({ data });
    expect((await show(second.url)).totals.events).toBe(0);
    expect(lines[0]).toContain("is damaged: it is not a snapshot of a sandbox");
  });
});
