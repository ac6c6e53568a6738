// Tests `capi-bridge tail` over a bridge that runs, and its lines from statuses.

import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import { changes, type Status, summary } from "../../src/shell/cli/tail/changes.ts";
import { DATASET } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT } from "../support/sandbox.ts";
import { attempt, serve } from "../support/serve.ts";

const KEY = "0123456789abcdef0123456789abcdef";

/** A status of one dataset. */
function status(totals: Record<string, number>, more: object = {}, of: Partial<Status> = {}): Status {
  const dataset = {
    dataset_id: "1",
    sending: "fine",
    depth: 2,
    per_minute: { accepted: 1.2, delivered: 0 },
    totals: { accepted: 0, ...totals },
    quarantined: 0,
    quarantine: [],
    ...more,
  };
  return { alarms: [], refused: {}, datasets: [dataset], ...of };
}

describe("the lines", () => {
  test("of a start have the state and the alarms", () => {
    expect(summary(status({}, {}, { alarms: ["dataset 1: sending stopped"] }))).toEqual([
      "1  sending fine, 2 waiting, 0 in quarantine, 1 accepted and 0 delivered a minute",
      "alarm: dataset 1: sending stopped",
    ]);
  });

  test("are none where nothing changed", () => {
    expect(changes(status({ accepted: 3 }), status({ accepted: 3 }))).toEqual([]);
  });

  test("have what counters gained, and take a smaller counter as a new start", () => {
    expect(
      changes(status({ accepted: 3, merged: 1 }), status({ accepted: 5, merged: 2, delivered: 4 })),
    ).toEqual(["1  2 accepted, 1 merged, 4 delivered; 2 waiting"]);
    expect(
      changes(status({}, {}, { refused: { busy: 7 } }), status({}, {}, { refused: { busy: 2 } })),
    ).toEqual(["refused: busy 2"]);
  });

  test("name Meta's reason for an event in quarantine, and not the event's id", () => {
    const entry = {
      id: 4,
      event_name: "Purchase",
      event_id: "ord-1",
      refusal: { code: 100, errorSubcode: 2804010 },
    };
    expect(changes(status({}), status({}, { quarantine: [entry] }))).toEqual([
      "1  quarantine 4: Purchase, error 100/2804010, Missing currency of a Purchase",
    ]);
  });

  test("say when sending or an alarm changes", () => {
    const stopped = status({}, { sending: "stopped" }, { alarms: ["dataset 1: sending stopped"] });
    expect(changes(status({}), stopped)).toEqual([
      "1  sending is now stopped",
      "alarm: dataset 1: sending stopped",
    ]);
    expect(changes(stopped, status({}))).toEqual([
      "1  sending is now fine",
      "alarm over: dataset 1: sending stopped",
    ]);
  });
});

describe("the command", () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
  });

  test("shows an event of a running bridge, and nothing of its data", async () => {
    const bridge = await serve({ environment: { BRIDGE_KEY: KEY } });
    const words = ["tail", "--url", `${bridge.url}/bridge`, "--every", "0.2"];
    const child = spawn(process.execPath, [join(ROOT, "dist/cli.js"), ...words], {
      env: { PATH: process.env["PATH"], BRIDGE_KEY: KEY },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => lines.push(line));
    }
    await eventually("the start", async () => lines.find((line) => line.includes("0 waiting")));
    const event = {
      event_name: "Lead",
      event_time: Math.floor(Date.now() / 1000),
      event_id: "lead-of-a-person",
      action_source: "website",
      event_source_url: "https://shop.example/",
      user_data: { fbp: "fb.1.1596403881668.1116446470" },
    };
    expect(await bridge.post(event)).toBe(202);
    await eventually("the event", async () => lines.find((line) => line.includes(`${DATASET}  1 accepted`)));
    await bridge.end();
    await eventually("the end", async () => lines.find((line) => line.startsWith("Nothing answers at")));
    const text = lines.join("\n");
    for (const secret of [KEY, "lead-of-a-person", "fb.1."]) expect(text).not.toContain(secret);
    expect(text.match(/Nothing answers/g)).toHaveLength(1);
  });

  test.each([
    ["no key", [], {}, 64, /^BRIDGE_KEY is not set/],
    [
      "an address that is none",
      ["--url", "nonsense"],
      { BRIDGE_KEY: KEY },
      64,
      /^--url nonsense: expected an address/,
    ],
    ["a wrong time", ["--every", "0"], { BRIDGE_KEY: KEY }, 64, /^--every 0: expected seconds/],
  ])("%s: one sentence", (_, words, environment, status, sentence) => {
    const said = attempt(["tail", ...words], environment);
    expect(said.status).toBe(status);
    expect(said.lines[0]).toMatch(sentence);
  });

  test("nobody there: one sentence", async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bridge`;
    await new Promise((done) => server.close(done));
    expect(attempt(["tail", "--url", url], { BRIDGE_KEY: KEY })).toEqual({
      status: 69,
      lines: [
        `Nothing answers at ${url} (ECONNREFUSED): is the bridge running? Start it with capi-bridge serve, or name it with --url.`,
      ],
    });
  });

  test("a wrong key, and something that is no bridge: one sentence", async () => {
    const answers = [401, 404];
    const server = createServer((_, response) => response.writeHead(answers.shift() ?? 500).end("{}"));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bridge`;
    const said = () =>
      new Promise<[number | null, string]>((done) => {
        const child = spawn(process.execPath, [join(ROOT, "dist/cli.js"), "tail", "--url", url], {
          env: { PATH: process.env["PATH"], BRIDGE_KEY: KEY },
          stdio: ["ignore", "ignore", "pipe"],
        });
        children.push(child);
        let text = "";
        child.stderr.on("data", (data: Buffer) => (text += data.toString()));
        child.once("close", (status) => done([status, text]));
      });
    expect(await said()).toEqual([
      65,
      `${url} does not accept BRIDGE_KEY: set it to the key that this bridge has.\n`,
    ]);
    const [status, text] = await said();
    expect(status).toBe(65);
    expect(text).toMatch(/answers with status 404, and not as a bridge: name it with its base/);
    server.close();
  });
});
