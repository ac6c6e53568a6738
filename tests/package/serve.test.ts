// `capi-bridge serve` of the packed package: the worker in workerd, as a service manager runs it.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DATASET, ORIGIN, pageEvent } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { browse, NAVIGATION } from "../support/origin.ts";
import { pack, pinned } from "../support/package.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { startOrigin, startSandbox } from "../support/started.ts";

const TOKEN = "EAAsecretToken0123456789";

let sandbox: Sandbox;
let packed: ReturnType<typeof pack>;
let project = "";
const started: ChildProcess[] = [];

beforeAll(async () => {
  packed = pack();
  project = packed.project("serve", { "package.json": `{"private":true}` }, pinned("workerd"));
  sandbox = await startSandbox();
}, 180_000);
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
});

const program = () => join(project, "node_modules/.bin/capi-bridge");
const environment = { PATH: process.env["PATH"], META_ACCESS_TOKEN: TOKEN };

/** Writes a configuration; its file. */
function configured(name: string, changes: object = {}): string {
  const file = join(project, `${name}.json`);
  const configuration = {
    datasets: [DATASET],
    allowedOrigins: [ORIGIN],
    graphUrl: sandbox.url,
    holdSeconds: 0,
  };
  writeFileSync(file, JSON.stringify({ ...configuration, ...changes }));
  return file;
}

/** Starts the bridge and waits for its address. */
async function serve(config: string, data: string, secrets: Record<string, string> = {}) {
  const child = spawn(program(), ["serve", "--config", config, "--data", data, "--port", "0"], {
    cwd: project,
    env: { ...environment, ...secrets },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => lines.push(line));
  }
  const url = await eventually("the address", async () => {
    if (child.exitCode !== null) throw new Error(lines.join("\n"));
    return /answers at (http:\S+)\/bridge/.exec(lines.join("\n"))?.[1];
  });
  return {
    url,
    lines,
    child,
    post: async (event: object) => {
      const answer = await fetch(`${url}/bridge/events`, {
        method: "POST",
        headers: { origin: ORIGIN, "content-type": "text/plain" },
        body: JSON.stringify({ data: [event] }),
      });
      return answer.status;
    },
    async end(signal: "SIGTERM" | "SIGINT") {
      child.kill(signal);
      const [status] = (await once(child, "exit")) as [number | null];
      return status;
    },
  };
}

/** Every file below a folder, as text. */
const filesBelow = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, "latin1"))
    .join("\n");

describe("capi-bridge serve", () => {
  test("keeps what it accepted through a clean end, and sends it after the next start", async () => {
    const [config, data] = [configured("restart", { holdSeconds: 2 }), join(project, "restart-data")];
    const first = await serve(config, data);
    const event = pageEvent();
    expect(await first.post(event)).toBe(202);
    expect(await first.end("SIGTERM")).toBe(0);
    expect((await sandbox.report()).events.map((seen) => seen.event_id)).not.toContain(event.event_id);
    await expect(fetch(`${first.url}/bridge/health`)).rejects.toThrow();

    const second = await serve(config, data);
    expect((await sandbox.arrived(event.event_id)).server?.copies).toBe(1);
    expect(await second.end("SIGINT")).toBe(0);

    const said = [...first.lines, ...second.lines].join("\n");
    expect(said).toContain("META_ACCESS_TOKEN");
    expect(said).not.toContain(TOKEN);
    expect(filesBelow(data)).toContain(event.event_id);
    expect(filesBelow(data)).not.toContain(TOKEN);
    expect(statSync(data).mode & 0o077).toBe(0);
  });

  test("stands before a site: its server hears the address that the browser asked for", async () => {
    const origin = await startOrigin({
      "/": (_, response) =>
        void response.writeHead(200, { "content-type": "text/html" }).end("<script></script>"),
    });
    const documents = { origin: origin.url, cookies: "granted", injectScript: {} };
    const bridge = await serve(configured("documents", { documents }), join(project, "documents-data"));
    const { cookies, body } = await browse(`${bridge.url}/?fbclid=Click-1`, NAVIGATION, "www.shop.example");
    expect(cookies.map((cookie) => cookie.split("=")[0])).toEqual(["_fbp", "_fbc", "_capi_written"]);
    expect(body.toString()).toContain(`<script src="/bridge/capi-bridge.js"></script><script>`);
    expect(origin.requests[0]?.headers).toMatchObject({
      host: "www.shop.example",
      "x-forwarded-host": "www.shop.example",
      "x-forwarded-for": "127.0.0.1",
    });
    await bridge.end("SIGTERM");
    await origin.stop();
  });

  test("reads its configuration again when asked, and keeps the old one where the new one is wrong", async () => {
    const config = configured("reload");
    const bridge = await serve(config, join(project, "reload-data"));
    expect((await fetch(`${bridge.url}/kites/health`)).status).toBe(404);

    configured("reload", { base: "kites" });
    bridge.child.kill("SIGHUP");
    await eventually("the complaint", async () =>
      bridge.lines.find((line) => line.includes("reload.json: configuration, base: ")),
    );
    expect((await fetch(`${bridge.url}/bridge/health`)).status).toBe(200);

    configured("reload", { base: "/kites" });
    bridge.child.kill("SIGHUP");
    await eventually("the new path", async () =>
      (await fetch(`${bridge.url}/kites/health`)).status === 200 ? true : undefined,
    );
    expect(await bridge.end("SIGTERM")).toBe(0);
  });

  test("takes Segment's calls with the secrets of its environment, which are in no file and no line", async () => {
    const secrets = {
      SEGMENT_WRITE_KEY: "write-key-0123456789abcdef0123456789",
      SEGMENT_WRITE_KEY_42: "write-key-of-42-0123456789abcdef0123",
      SEGMENT_WEBHOOK_SECRET: "shared-secret-0123456789abcdef012345",
    };
    const data = join(project, "segment-data");
    const bridge = await serve(configured("segment", { datasets: [DATASET, "42"] }), data, secrets);
    const order = (messageId: string) =>
      JSON.stringify({
        type: "track",
        event: "Order Completed",
        messageId,
        userId: "user_42",
        context: { page: { url: "https://shop.example/" }, userAgent: "Mozilla/5.0" },
        properties: { revenue: 1, currency: "EUR" },
      });
    const call = async (path: string, body: string, headers: Record<string, string>) =>
      (await fetch(`${bridge.url}${path}`, { method: "POST", headers, body })).status;
    const basic = (key: string) => ({ authorization: `Basic ${btoa(`${key}:`)}` });
    const signed = (body: string) => ({
      "x-signature": createHmac("sha1", secrets.SEGMENT_WEBHOOK_SECRET).update(body).digest("hex"),
    });
    expect(await call("/v1/track", order("of-1"), basic(secrets.SEGMENT_WRITE_KEY))).toBe(200);
    expect(await call("/v1/track", order("of-42"), basic(secrets.SEGMENT_WRITE_KEY_42))).toBe(200);
    expect(await call("/bridge/segment/webhook", order("hooked"), signed(order("hooked")))).toBe(200);
    expect(await call("/v1/track", order("wrong"), basic(secrets.SEGMENT_WEBHOOK_SECRET))).toBe(401);
    expect((await sandbox.arrived("of-1")).dataset_id).toBe(DATASET);
    expect((await sandbox.arrived("of-42")).dataset_id).toBe("42");
    expect((await sandbox.arrived("hooked")).dataset_id).toBe(DATASET);
    await bridge.end("SIGTERM");
    const everything = bridge.lines.join("\n") + filesBelow(data);
    for (const secret of Object.values(secrets)) expect(everything).not.toContain(secret);
  });

  test("says so and fails when workerd ends by itself, so that a service manager starts it again", async () => {
    const bridge = await serve(configured("crash"), join(project, "crash-data"));
    const child = execFileSync("pgrep", ["-P", String(bridge.child.pid)], { encoding: "utf8" });
    process.kill(Number(child.trim()), "SIGKILL");
    const [status] = (await once(bridge.child, "exit")) as [number | null];
    expect(status).toBe(1);
    expect(bridge.lines.join("\n")).toContain("ended by itself (SIGKILL)");
  });
});

describe("before it starts, it says what is wrong", () => {
  const attempt = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(program(), words, {
      cwd: project,
      env: environment,
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(stdout + stderr).not.toContain(TOKEN);
    return { status, stderr };
  };

  test.each([
    ["a misspelt key", { holdSecond: 1 }, "holdSecond"],
    ["a value of the wrong type", { datasets: [1] }, "datasets[0]"],
    ["a setting for Cloudflare alone", { documents: { origin: "route" } }, "documents.origin"],
  ])("%s, with file and path", (_, changes, path) => {
    const { status, stderr } = attempt("serve", "--config", configured("wrong", changes));
    expect(status).toBe(78);
    expect(stderr).toContain(`wrong.json: configuration, ${path}: `);
  });

  test.each([
    ["no such file", ["serve", "--config", "nowhere.json"], 78, "nowhere.json cannot be read (ENOENT)"],
    ["no port", ["serve", "--port", "http"], 64, "--port http: expected a number"],
    ["an unknown word", ["serve", "--prot", "1"], 64, "--prot"],
    ["an unknown command", ["run"], 64, `run: unknown command; expected serve, `],
  ])("%s", (_, words, expectedStatus, expected) => {
    const { status, stderr } = attempt(...words);
    expect(status).toBe(expectedStatus);
    expect(stderr).toContain(expected);
  });

  test.each([
    ["BRIDGE_KEY", "expected at least 32 characters"],
    ["SEGMENT_WRITE_KEY", "expected at least 32 characters"],
    ["SEGMENT_WEBHOOK_SECRET", "expected at least 32 characters"],
    ["SEGMENT_WRITE_KEY_7", 'expected one of "datasets" in its name'],
  ])("a %s that cannot be right, and not the key", (name, expected) => {
    const { status, stderr } = spawnSync(program(), ["serve", "--config", configured("key")], {
      cwd: project,
      env: { ...environment, [name]: "hunter2" },
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(status).toBe(78);
    expect(stderr).toContain(`${name}: ${expected}`);
    expect(stderr).not.toContain("hunter2");
  });

  test("a dataset without a token is named at the start", async () => {
    const config = configured("tokenless", { datasets: [DATASET, "42"] });
    const child = spawn(program(), ["serve", "--config", config, "--data", "tokenless-data", "--port", "0"], {
      cwd: project,
      env: { PATH: process.env["PATH"], [`META_ACCESS_TOKEN_${DATASET}`]: TOKEN },
    });
    started.push(child);
    let said = "";
    child.stderr.on("data", (data) => (said += String(data)));
    await eventually("the complaint", async () => (said.includes("no token") ? true : undefined));
    expect(said).toContain("META_ACCESS_TOKEN_42");
    expect(said).not.toContain(`Dataset ${DATASET}`);
    child.kill("SIGTERM");
    await once(child, "exit");
  });

  test("workerd is missing, with the command that installs it", () => {
    const bare = packed.project("no-workerd", { "package.json": `{"private":true}` });
    const { status, stderr } = spawnSync(
      join(bare, "node_modules/.bin/capi-bridge"),
      ["serve", "--config", configured("bare")],
      { cwd: bare, env: environment, encoding: "utf8", timeout: 20_000 },
    );
    expect(status).toBe(1);
    expect(stderr).toContain(`npm install ${pinned("workerd")}`);
  });
});
