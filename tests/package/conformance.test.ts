// Tests `capi-bridge conformance`: ours passes the suite, and an adapter that misbehaves gets one sentence.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT, scratch } from "../support/sandbox.ts";

interface Counts {
  suite: string;
  topic: string;
  passed: number;
  failed: number;
  notSupported: number;
}
interface Suite {
  version: number;
  licence: string;
  suite: string;
  sources: Record<string, string>;
  cases: { topic: string; name: string; source: string }[];
}

/** Runs the command to its end. */
function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "dist/cli.js"), "conformance", ...words],
    { cwd: ROOT, encoding: "utf8", timeout: 80_000, maxBuffer: 1e8 },
  );
  return { status, out: stdout, err: stderr };
}

/** Writes an adapter. Returns its command. */
function adapter(script: string): string {
  const file = join(scratch("adapter"), "adapter.mjs");
  writeFileSync(file, script);
  return `"${process.execPath}" "${file}"`;
}
const OURS = `"${process.execPath}" tests/conformance/capi-bridge.mjs`;
const SUITES = ["identifiers", "customer-information", "deduplication", "errors"];

describe("the suite", () => {
  test.each(SUITES)("%s has a version, a licence, and a source for each case", (name) => {
    const suite = JSON.parse(readFileSync(join(ROOT, `dist/conformance/${name}.json`), "utf8")) as Suite;
    expect(suite).toMatchObject({ version: 1, licence: "MIT OR Apache-2.0", suite: name });
    for (const { source } of suite.cases) expect(suite.sources[source]).toEqual(expect.any(String));
    const names = suite.cases.map(({ topic, name }) => `${topic}: ${name}`);
    expect(names.length).toBeGreaterThan(20);
  });

  test("is printed by --list, a line of JSON for each case", () => {
    const { status, out } = run("--list", "--suite", "deduplication");
    expect(status).toBe(0);
    const cases = out.trim().split("\n");
    expect(cases.length).toBeGreaterThanOrEqual(25);
    expect(JSON.parse(cases[0] ?? "")).toMatchObject({ suite: "deduplication", expected: { merged: true } });
  });
});

describe("capi-bridge/core", () => {
  test("passes every case of identifiers and customer information", () => {
    const { status, out, err } = run("--command", OURS, "--json");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const { counts } = JSON.parse(out) as { counts: Counts[] };
    for (const { suite, topic, passed, failed, notSupported } of counts) {
      const isCore = suite === "identifiers" || suite === "customer-information";
      expect({ topic, failed, isSupported: notSupported === 0 }).toEqual({
        topic,
        failed: 0,
        isSupported: isCore,
      });
      if (isCore) expect(passed).toBeGreaterThan(0);
    }
  });

  test("is shown as a table", () => {
    const { status, out } = run("--command", OURS, "--suite", "identifiers");
    expect(status).toBe(0);
    expect(out).toMatch(/^suite +topic +passed +failed +not supported$/m);
    expect(out).toMatch(/^identifiers +visit +\d+ +0 +0$/m);
    expect(out).toMatch(/^all +\d+ +0 +0$/m);
  });
});

/** Answers each request with the same. */
const always = (answer: string) => `import { createInterface } from "node:readline";
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id } = JSON.parse(line);
  console.log(JSON.stringify({ id, ${answer} }));
});`;

describe("an implementation that is wrong", () => {
  test("fails with status 1, and --verbose names the cases with what was expected", () => {
    const wrong = adapter(always("output: { merged: true }"));
    const short = run("--command", wrong, "--suite", "deduplication");
    expect(short.status).toBe(1);
    expect(short.err).toMatch(/^\d+ cases failed: --verbose names them\.\n$/);
    const { status, out } = run("--command", wrong, "--suite", "deduplication", "--verbose");
    expect(status).toBe(1);
    expect(out).toContain("deduplication: other ids\n");
    expect(out).toContain('  expected  {"merged":false}');
    expect(out).toContain('  output    {"merged":true}');
  });

  test("is not called right when it supports nothing", () => {
    const { status, err } = run("--command", adapter(always("unsupported: true")), "--suite", "errors");
    expect({ status, err }).toEqual({
      status: 65,
      err: "The adapter supports no topic of the suite: nothing was tested.\n",
    });
  });
});

describe("an adapter that", () => {
  const last = (text: string) => text.trim().split("\n").at(-1) ?? "";

  test("is missing: the command, and what to check", () => {
    const { status, out, err } = run("--command", "no-such-adapter");
    expect({ status, out }).toEqual({ status: 69, out: "" });
    expect(last(err)).toBe(
      '"no-such-adapter" cannot be started: the program was not found. Check the words of --command.',
    );
  });

  test("hangs: the case and the time, and it is ended", () => {
    const { status, err } = run("--command", adapter("setInterval(() => {}, 1e6);"), "--timeout", "1");
    expect(status).toBe(69);
    expect(last(err)).toMatch(
      /did not answer case 1 \(click-id\) within 1 seconds\. It has to answer each line/,
    );
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  test.each([
    ["no JSON", "console.log('hello');"],
    ["no object", "console.log('7');"],
    ["the id of another case", `console.log('{"id":99,"output":{}}');`],
    ["no output", `console.log('{"id":1}');`],
  ])("prints %s: the line and the form that was expected", (why, script) => {
    const { status, err } = run("--command", adapter(`process.stdin.once("data", () => { ${script} });`));
    expect(status).toBe(65);
    expect(err).toMatch(new RegExp(`^The adapter printed ".*": ${why}\\. Expected \\{"id":1,"output":`));
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  test("dies: how, and what to do", () => {
    const { status, err } = run("--command", adapter(`process.stdin.once("data", () => process.exit(3));`));
    expect(status).toBe(69);
    expect(err).toMatch(/ended with status 3 before the last case\. Run it alone to see why\.\n$/);
  });

  test("is not named", () => {
    expect(run().err).toMatch(/^conformance: expected --command, such as capi-bridge conformance --command/);
    expect(run("--suite", "idetifiers").err).toMatch(/^--suite idetifiers: expected one of identifiers/);
  });
});
