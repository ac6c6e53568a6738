// The back ends of docs/attach.md, run as they stand there, in the languages that this machine has.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { onFreePort, PortTaken, saysTaken } from "../support/free-port.ts";
import { ROOT, type Sandbox, scratch } from "../support/sandbox.ts";
import { startSandbox } from "../support/started.ts";

const DOCUMENT = readFileSync(join(ROOT, "docs/attach.md"), "utf8");
const LANGUAGES = [
  { fence: "js", start: "import { createServer }", file: "orders.mjs", command: () => ["node"] },
  {
    fence: "php",
    start: "<?php",
    file: "orders.php",
    command: (port: string) => ["php", "-S", `127.0.0.1:${port}`],
  },
  { fence: "python", start: "import json", file: "orders.py", command: () => ["python3"] },
];
/** Node is always there; it runs this. */
const here = LANGUAGES.filter(({ command }) => spawnSync(command("")[0]!, ["--version"]).status === 0);

let sandbox: Sandbox;
let running: ChildProcess | undefined;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => void running?.kill());

for (const { fence, start, file, command } of here) {
  test(`the example in ${fence} reports an order with the identifiers and the id of its request`, async () => {
    await sandbox.reset();
    const code = DOCUMENT.split("```" + fence + "\n")
      .map((part) => part.split("\n```")[0] ?? "")
      .find((part) => part.startsWith(start));
    const path = join(scratch("example"), file);
    writeFileSync(path, code ?? "");
    const order = { id: "1001", value: 59.9, currency: "EUR" };
    const poster = (port: number) => (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/orders`, {
        method: "POST",
        headers: { referer: "https://shop.example/checkout", "user-agent": "Browser/1", ...headers },
        body: JSON.stringify(order),
      });
    const { post, answer } = await onFreePort(async (port) => {
      const [program = "", ...options] = command(String(port));
      const child = spawn(program, [...options, path], {
        env: {
          ...process.env,
          PORT: String(port),
          GRAPH_URL: `${sandbox.url}/v26.0`,
          DATASET_ID: "1234567890",
          META_ACCESS_TOKEN: "test-token",
        },
        stdio: ["ignore", "inherit", "pipe"],
      });
      running = child;
      let complaints = "";
      child.stderr.on("data", (text: Buffer) => {
        complaints += String(text);
        process.stderr.write(text);
      });
      const post = poster(port);
      const answer = await eventually(`the example in ${fence} to listen`, async () => {
        if (saysTaken(complaints)) return new PortTaken(complaints);
        return post({
          "x-capi-fbp": "fb.1.1790000000000.1073741823",
          "x-capi-fbc": "fb.1.1790000000000.Click",
          "x-capi-event-id": "6e4c78d82a753cc5ca23e87024551922",
        });
      });
      if (answer instanceof PortTaken) throw answer;
      return { post, answer };
    });
    expect(answer.status).toBe(200);
    const event = await eventually("the event", async () => (await sandbox.report()).events[0]?.server);
    expect(event).toMatchObject({
      event_id: "6e4c78d82a753cc5ca23e87024551922",
      fbp: "fb.1.1790000000000.1073741823",
      fbc: "fb.1.1790000000000.Click",
      url: "https://shop.example/checkout",
      action_source: "website",
      client_user_agent: "Browser/1",
      custom_data: { value: 59.9, currency: "EUR", order_id: "1001" },
    });

    // A visitor of whom nothing is known: absent, not empty.
    await sandbox.reset();
    await post({});
    const bare = await eventually("the second event", async () => (await sandbox.report()).events[0]?.server);
    expect(bare).toMatchObject({ event_id: null, fbp: null, fbc: null });
    expect((await sandbox.report()).requests[0]?.status).toBe(200);
  });
}
