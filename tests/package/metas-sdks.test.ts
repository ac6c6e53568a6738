// Tests Meta's own SDKs, unchanged except for the base address, through the worker to the sandbox.

import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { type Edge, DATASET, KEY } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT, type Sandbox } from "../support/sandbox.ts";
import { startBridge } from "../support/started.ts";

/** The tested versions of the SDKs. Their installations stay on disk over runs, because they are large. */
const NODE_SDK = "facebook-nodejs-business-sdk@24.0.1";
const PYTHON_SDK = "facebook_business==26.0.3";
const INSTALLING_MILLIS = 300_000;
/** SHA-256 of jane@example.com. */
const JANE = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d";
const FBP = "fb.1.1596403881668.1116446470";

/** The output of a client: the answer or error of its SDK for each request. */
type Said = Record<
  "one" | "sources" | "partly" | "refused" | "stranger",
  {
    events_received?: number;
    messages?: string[];
    fbtrace_id?: string;
    name?: string;
    status?: number;
    message?: string;
    error?: {
      code: number;
      error_subcode?: number;
      is_transient?: boolean;
      error_data: { blame_field_specs: string[][] };
    };
  }
>;

let sandbox: Sandbox;
let edge: Edge;

beforeAll(async () => {
  ({ sandbox, edge } = await startBridge());
});

/** Returns the event id of an order by the rule of docs/identifiers.md. */
const idOf = (order: string) => createHash("sha256").update(`Purchase:${order}`).digest("hex").slice(0, 32);

/** Posts the pixel's copy of an order's purchase to the sandbox. */
async function browserCopy(order: string) {
  const hit = new URLSearchParams({ id: DATASET, ev: "Purchase", eid: idOf(order), fbp: FBP });
  hit.set("cd[value]", "59.90");
  hit.set("cd[currency]", "EUR");
  expect((await fetch(`${sandbox.url}/tr?${hit}`)).status).toBe(200);
}

/** A back end with an SDK of Meta's. */
interface Client {
  sdk: string;
  /** Installs the SDK into a folder of its own. */
  install(folder: string): Promise<unknown>;
  /** Sends the requests. Resolves with the client's output. */
  start(folder: string, environment: object): Promise<string>;
}

const source = (name: string) => join(import.meta.dirname, "clients", name);

/** Runs a program and returns its output. It is asynchronous to keep the connections to the workers alive. */
async function run(folder: string, program: string, words: string[], environment = {}): Promise<string> {
  const env = { ...process.env, NO_PROXY: "127.0.0.1", ...environment };
  return (await promisify(execFile)(program, words, { cwd: folder, env })).stdout;
}

const clients: Client[] = [
  {
    sdk: NODE_SDK,
    async install(folder) {
      writeFileSync(join(folder, "package.json"), `{"private":true}`);
      const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
      await run(folder, "npm", ["install", ...quiet, NODE_SDK]);
    },
    start(folder, environment) {
      // Node looks for packages in the module's own folder.
      copyFileSync(source("node-sdk.mjs"), join(folder, "client.mjs"));
      return run(folder, process.execPath, ["client.mjs"], environment);
    },
  },
];

/** Python is optional. Without it, a warning names the skipped SDK and the missing package. */
try {
  execFileSync("python3", ["-c", "import venv, ensurepip"], { stdio: "ignore" });
  clients.push({
    sdk: PYTHON_SDK,
    async install(folder) {
      await run(folder, "python3", ["-m", "venv", "."]);
      await run(folder, "bin/pip", ["install", "--quiet", "--disable-pip-version-check", PYTHON_SDK]);
    },
    start: (folder, environment) => run(folder, "bin/python", [source("python-sdk.py")], environment),
  });
} catch {
  console.warn(
    `${PYTHON_SDK} was not run: it needs Python 3 with venv (on Debian: apt-get install python3-venv)`,
  );
}

/** Installs a client unless an earlier run has done so. Returns its folder. */
async function prepared({ sdk, install }: Client): Promise<string> {
  const folder = join(ROOT, "target/clients", sdk.replaceAll(/[^a-z0-9.]+/g, "-"));
  const done = join(folder, "installed");
  if (existsSync(done)) return folder;
  console.info(`installing ${sdk} into ${folder}`);
  mkdirSync(folder, { recursive: true });
  await install(folder);
  writeFileSync(done, "");
  return folder;
}

describe.each(clients)("$sdk", (client) => {
  const RUN = `${process.pid}-${client.sdk.length}`;
  let said: Said;

  beforeAll(async () => {
    const folder = await prepared(client);
    await browserCopy(`one-${RUN}`);
    said = JSON.parse(
      await client.start(folder, { BRIDGE_URL: edge.url, BRIDGE_KEY: KEY, DATASET, RUN }),
    ) as Said;
  }, INSTALLING_MILLIS);

  test("reads the answer as one of Meta's", () => {
    expect(said.one).toEqual({
      events_received: 1,
      messages: [],
      fbtrace_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
  });

  test("sends an order whose copy merges with the browser's, hashed as the SDK hashed it", async () => {
    const purchase = await sandbox.arrived(idOf(`one-${RUN}`));
    expect(purchase).toMatchObject({ merged: true, merged_by: "event_id", event_name: "Purchase" });
    expect(purchase.server).toMatchObject({
      action_source: "website",
      client_ip_address: "8.8.4.4",
      client_user_agent: "Mozilla/5.0",
      user_data: {
        em: [JANE],
        // Neither SDK hashes an external id.
        external_id: [createHash("sha256").update(`user-${RUN}`).digest("hex")],
      },
      custom_data: { value: 59.9, currency: "EUR", order_id: `one-${RUN}` },
    });
  });

  test("has its test code and its agent beside its events, and nobody else has", async () => {
    await sandbox.arrived(idOf(`good-${RUN}`));
    const { requests } = await sandbox.report();
    const carries = (order: string) =>
      requests.find(({ events }) => events.some(({ event_id }) => event_id === idOf(`${order}-${RUN}`)));
    expect(carries("one")).toMatchObject({ test_event_code: "TEST12345", partner_agent: "shop-1.0" });
    expect(carries("good")).toMatchObject({ test_event_code: null });
    expect(carries("good")?.partner_agent).toMatch(/^capi-bridge-/);
  });

  test("sends events of every action source", async () => {
    expect(said.sources).toMatchObject({ events_received: 9, messages: [] });
    const orders = {
      website: "website",
      physical_store: "physical_store",
      phone_call: "phone_call",
      chat: "chat",
      email: "email",
      system_generated: "system_generated",
      other: "other",
      app: "app",
      business_messaging: "whatsapp",
    };
    for (const [source, order] of Object.entries(orders)) {
      const { server } = await sandbox.arrived(idOf(`${order}-${RUN}`));
      expect(server?.action_source).toBe(source);
    }
  });

  test("learns which event of a batch was not kept, and the other one arrives", async () => {
    expect(said.partly).toMatchObject({
      events_received: 1,
      messages: [
        expect.stringMatching(/^data\[0\]\.event_time: expected .* not kept; Meta's error 100\/2804003\)$/),
      ],
    });
    await sandbox.arrived(idOf(`good-${RUN}`));
  });

  test("raises its own error with code, subcode, field and reason when nothing was kept", async () => {
    expect(said.refused).toMatchObject({
      name: "FacebookRequestError",
      status: 400,
      message: expect.stringContaining("data[0].event_time: expected a time of the last 7 days") as string,
      error: {
        code: 100,
        error_subcode: 2804003,
        is_transient: false,
        error_data: { blame_field_specs: [["data[0].event_time"]] },
      },
    });
    const none = eventually(
      "an event that was refused",
      async () => (await sandbox.report()).events.find(({ event_id }) => event_id === idOf(`old-${RUN}`)),
      300,
    );
    await expect(none).rejects.toThrow("waited");
  });

  test("with a token of Meta's in place of the key is told so", () => {
    expect(said.stranger).toMatchObject({ name: "FacebookRequestError", status: 401, error: { code: 190 } });
    expect(said.stranger.message).toContain("BRIDGE_KEY");
  });
});
