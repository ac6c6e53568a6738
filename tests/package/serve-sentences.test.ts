// Tests the errors of `capi-bridge serve`: one sentence, once, that names the mistake and the remedy.

import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DATASET } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { startMeta } from "../support/meta.ts";
import { scratch } from "../support/sandbox.ts";
import { attempt, configured, serve } from "../support/serve.ts";

const [USAGE, UNAVAILABLE, CANNOT_WRITE, DISK, LOCKED, CONFIGURATION] = [64, 69, 73, 74, 75, 78];
const HINT = "capi-bridge --help says what there is.";
const at = (words: string[]) => ["serve", "--config", configured(), "--data", scratch("said"), ...words];

describe("an address", () => {
  test("that another process has: the port, and --port", async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
    const { port } = other.address() as AddressInfo;
    expect(attempt(at(["--port", String(port)]))).toEqual({
      status: UNAVAILABLE,
      lines: [
        `Port ${port} of 127.0.0.1 is taken by another process: choose another one with --port, or end that process.`,
      ],
    });
    await new Promise((done) => other.close(done));
  });

  test.each(["192.0.2.1", "no-such-host.invalid"])("that is not of this machine, %s: --host", (host) => {
    expect(attempt(at(["--port", "0", "--host", host]))).toEqual({
      status: UNAVAILABLE,
      lines: [
        `--host ${host} is no address of this machine: expected one such as 127.0.0.1, or 0.0.0.0 for all.`,
      ],
    });
  });
});

describe("a configuration", () => {
  const said = (text: string) => {
    const file = join(scratch("said"), "bridge.json");
    writeFileSync(file, text);
    const { status, lines } = attempt(["serve", "--config", file]);
    expect(status).toBe(CONFIGURATION);
    return lines.map((line) => line.replace(file, "bridge.json"));
  };

  test("that is not JSON: file, line, column and what was expected", () => {
    expect(said('{\n  "datasets": ["1"]\n  "allowedOrigins": []\n}\n')).toEqual([
      'bridge.json: configuration, line 3, column 3: not valid JSON: expected "," or "}"',
    ]);
    expect(said('{ "datasets": ["1"], }')).toEqual([
      "bridge.json: configuration, line 1, column 22: not valid JSON: expected another entry after the comma, or no comma",
    ]);
    expect(said("")[0]).toContain("line 1, column 0: not valid JSON: expected a value");
  });

  test.each([
    [{ holdSecond: 1 }, "holdSecond", "holdSeconds"],
    [{ rateLimit: { perSecnd: 1, burst: 2 } }, "rateLimit.perSecnd", "perSecond"],
    [{ segment: { pages: [{ writekey: "k" }] } }, "segment.pages[0].writekey", "writeKey"],
  ])("with a misspelt key: its path and the key that was meant", (changes, path, meant) => {
    const text = JSON.stringify({ datasets: ["1"], allowedOrigins: [], ...changes });
    expect(said(text).map((line) => line.split(" Expected ")[0])).toEqual([
      `bridge.json: configuration, ${path}: unknown key; did you mean "${meant}"?`,
    ]);
  });

  test.each([
    [{ graphUrl: "https://graph.facebook.com:443443" }, "graphUrl"],
    [{ graphUrl: "https://[" }, "graphUrl"],
    [{ documents: { origin: "http://localhost:99999" } }, "documents.origin"],
    [{ documents: { origin: "http://127.0.0.256" } }, "documents.origin"],
  ])("with an origin that no URL can have, %j: its path", (changes, path) => {
    const text = JSON.stringify({ datasets: ["1"], allowedOrigins: [], ...changes });
    const lines = said(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`bridge.json: configuration, ${path}: expected an origin such as "http`);
  });

  test("with the byte order mark of an editor is read", async () => {
    const config = configured();
    const { readFileSync } = await import("node:fs");
    writeFileSync(config, `\uFEFF${readFileSync(config, "utf8")}`);
    expect(await (await serve({ config })).end()).toBe(0);
  });
});

describe("the command line", () => {
  test.each([
    [["serv"], "serv: unknown command; did you mean serve?"],
    [["serve", "--prot", "1"], "--prot: unknown option; did you mean --port?"],
    [["serve", "--Config=x"], "--Config: unknown option; did you mean --config?"],
    [["serve", "-p", "1"], "-p: unknown option; expected --config, --data, --host, --port"],
    [
      ["serve", "bridge.json"],
      "bridge.json: unexpected word; options have a name, such as --config bridge.json",
    ],
    [["serve", "--port"], "--port: expected a value, such as --port 8787"],
    [["serve", "--config", "--port", "1"], "--config: expected a value, such as --config bridge.json"],
    [["serve", "--port", "65536"], "--port 65536: expected a number from 0 to 65535"],
  ])("%j", (words, expected) => {
    expect(attempt(words)).toEqual({ status: USAGE, lines: [expected, HINT] });
  });
});

test("the help names every secret and every exit status", () => {
  const { status, lines } = attempt(["--help"]);
  expect(status).toBe(0);
  const text = lines.join(" ").replace(/\s+/g, " ");
  const secrets = ["META_ACCESS_TOKEN", "META_APP_SECRET", "BRIDGE_KEY"];
  const ofSegment = ["SEGMENT_WRITE_KEY", "SEGMENT_WEBHOOK_SECRET"];
  const ofWebhooks = ["WOOCOMMERCE", "SHOPIFY", "STRIPE"].map((shop) => `${shop}_WEBHOOK_SECRET`);
  for (const name of [...secrets, ...ofSegment, ...ofWebhooks]) expect(text).toContain(name);
  for (const status of [USAGE, UNAVAILABLE, CANNOT_WRITE, DISK, LOCKED, CONFIGURATION]) {
    expect(text).toContain(` ${status} for a `);
  }
});

describe("a data folder", () => {
  test("that cannot be made: folder, reason and --data", () => {
    const file = join(scratch("said"), "file");
    writeFileSync(file, "");
    const { status, lines } = attempt(["serve", "--config", configured(), "--data", join(file, "data")]);
    expect(status).toBe(CANNOT_WRITE);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`--data ${join(file, "data")} cannot be written`);
    expect(lines[0]).toContain("ENOTDIR");
    expect(lines[0]).toContain("choose another one with --data.");
  });

  test("that belongs to another user: that user, or the file in it", () => {
    const nobody = process.getuid?.() === 0 ? 65534 : undefined;
    const parent = scratch("said");
    const [config, data] = [configured({}, parent), join(parent, "data")];
    mkdirSync(join(data, "durable-objects"), { recursive: true });
    chmodSync(parent, 0o755);
    chmodSync(data, 0o555);
    const { status, lines } = attempt(["serve", "--config", config, "--data", data], {}, nobody);
    expect({ status, lines }).toEqual({
      status: CANNOT_WRITE,
      lines: [
        `--data ${data} cannot be written: EACCES, as user ${nobody ?? process.getuid?.()}. ` +
          "Give the folder to that user or choose another one with --data.",
      ],
    });
  });
});

test.skipIf(!existsSync("/dev/full"))("a disk that is full: the folder, and a status of its own", () => {
  const data = scratch("said");
  // Each write to this device fails as on a full disk.
  symlinkSync("/dev/full", join(data, "reserve"));
  expect(attempt(["serve", "--config", configured(), "--data", data, "--port", "0"])).toEqual({
    status: DISK,
    lines: [`--data ${data} cannot be written: the disk is full (ENOSPC). Make room on it.`],
  });
});

describe("a warning at the start", () => {
  const warnings = (lines: string[], word: string) => lines.filter((line) => line.includes(word));

  test("names a secret for a dataset that is not listed, once, and not the secret", async () => {
    const environment = { META_ACCESS_TOKEN_999: "of-no-dataset", META_APP_SECRET_998: "of-none-either" };
    const bridge = await serve({ environment: { ...environment, [`META_ACCESS_TOKEN_${DATASET}`]: "t" } });
    await eventually("the warning", async () => warnings(bridge.lines, "998 is of no use")[0]);
    expect(await bridge.end()).toBe(0);
    expect(warnings(bridge.lines, "is of no use").sort()).toEqual([
      expect.stringMatching(
        /^META_ACCESS_TOKEN_999 is of no use: "datasets" in \S+ does not list the dataset/,
      ),
      expect.stringMatching(/^META_APP_SECRET_998 is of no use: "datasets" in \S+ does not list the dataset/),
    ]);
    expect(bridge.lines.join("\n")).not.toContain("of-no");
  });

  test("names a secret whose name is misspelt", async () => {
    const environment = { META_ACESS_TOKEN_42: "misspelt-secret", META_PIXEL: "of-something-else" };
    const bridge = await serve({ environment });
    const line = await eventually("the warning", async () => warnings(bridge.lines, "did you mean")[0]);
    expect(line).toBe("META_ACESS_TOKEN_42 is unknown; did you mean META_ACCESS_TOKEN_42?");
    expect(await bridge.end()).toBe(0);
    expect(warnings(bridge.lines, "did you mean")).toHaveLength(1);
    expect(bridge.lines.join("\n")).not.toContain("misspelt-secret");
  });

  test.each([
    ["http://127.0.0.1:9", "ECONNREFUSED"],
    ["https://graph.facebook.invalid", "ENOTFOUND"],
  ])("says once that nothing answers at %s, and goes on", async (graphUrl, why) => {
    const bridge = await serve({ config: configured({ graphUrl }) });
    // A machine without a resolver reports EAI_AGAIN.
    const line = await eventually("the warning", async () => warnings(bridge.lines, "graphUrl")[0]);
    expect(line.replace("EAI_AGAIN", "ENOTFOUND")).toBe(
      `graphUrl: nothing answers at ${graphUrl} (${why}), so events wait on disk: check the address, DNS and the firewall.`,
    );
    expect((await fetch(`${bridge.url}/bridge/health`)).status).toBe(200);
    expect(await bridge.end()).toBe(0);
    expect(warnings(bridge.lines, "graphUrl")).toHaveLength(1);
  });

  test("says nothing where all is well", async () => {
    const meta = await startMeta();
    const bridge = await serve({ config: configured({ graphUrl: meta.url }) });
    expect(await bridge.end()).toBe(0);
    await meta.stop();
    expect(bridge.lines).toHaveLength(4);
  });
});
