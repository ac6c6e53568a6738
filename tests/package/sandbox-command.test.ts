// Tests `capi-bridge sandbox`: its address, its end, a port that is taken, a folder that cannot be written, no browser.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ROOT, scratch } from "../support/sandbox.ts";
import { attempt } from "../support/serve.ts";

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** Starts the command and waits for its address. */
async function start(...words: string[]) {
  const line = [join(ROOT, "dist/cli.js"), "sandbox", "--port", "0", ...words];
  // No program is on this path, so that no browser opens.
  const env = { PATH: scratch("no-programs") };
  const child = spawn(process.execPath, line, { env, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (text) => lines.push(text));
  }
  const url = await eventually("the address", async () => {
    if (child.exitCode !== null) throw new Error(lines.join("\n"));
    return /answers at (http:\S+)/.exec(lines.join("\n"))?.[1];
  });
  return {
    url,
    lines,
    async end() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      return (await exited)[0] as number | null;
    },
  };
}

test("answers at the address that it prints, and SIGTERM ends it", async () => {
  const sandbox = await start();
  const hit = `${sandbox.url}/tr?id=1234567890&ev=Lead&eid=lead-7`;
  expect((await fetch(hit)).status).toBe(200);
  const report = (await (await fetch(`${sandbox.url}/api/events`)).json()) as { counts: { browser: number } };
  expect(report.counts.browser).toBe(1);
  expect((await fetch(`${sandbox.url}/`)).headers.get("content-type")).toContain("text/html");
  expect(await sandbox.end()).toBe(0);
});

test("keeps events in a folder when asked", async () => {
  const data = join(scratch("sandbox-data"), "data");
  const first = await start("--data", data);
  await fetch(`${first.url}/tr?id=1234567890&ev=Lead&eid=lead-7`);
  expect(await first.end()).toBe(0);
  const second = await start("--data", data);
  const report = (await (await fetch(`${second.url}/api/events`)).json()) as { events: unknown[] };
  expect(report.events).toHaveLength(1);
  expect(await second.end()).toBe(0);
});

test("says that no browser could be opened, and goes on", async () => {
  const sandbox = await start("--open");
  await eventually("the sentence", async () =>
    sandbox.lines.find((line) => line === `No browser could be opened: open ${sandbox.url}/ yourself.`),
  );
  expect((await fetch(`${sandbox.url}/api/health`)).status).toBe(200);
  expect(await sandbox.end()).toBe(0);
});

test("a port that is taken: the port, and --port", async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
  const { port } = other.address() as AddressInfo;
  const { status, lines } = attempt(["sandbox", "--port", String(port)]);
  await new Promise((done) => other.close(done));
  expect(status).toBe(69);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`${port}`);
  expect(lines[0]).toContain("--port");
});

test("a folder that cannot be written: the folder, and --data", () => {
  const file = join(scratch("said"), "file");
  writeFileSync(file, "");
  const { status, lines } = attempt(["sandbox", "--port", "0", "--data", join(file, "data")]);
  expect(status).toBe(73);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`--data ${join(file, "data")} cannot be written`);
});
