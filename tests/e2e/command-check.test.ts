// `capi-bridge check` over small pages: text, JSON, JUnit, exit statuses.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test as base } from "@playwright/test";
import { type Listening, listen } from "../../src/shell/testing/listen.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const PIXEL = readFileSync(new URL("kit-site/pixel.js", import.meta.url), "utf8");
/** Two copies of a Lead with one id; `lost` has the browser's copy alone. */
const SCRIPTS: Record<string, string> = {
  "/good": `const id = crypto.randomUUID(); fbq("track", "Lead", {}, { eventID: id }); server("Lead", id);`,
  "/lost": `fbq("track", "Lead", {}, { eventID: crypto.randomUUID() });`,
};
const KIT = `
  if (!document.cookie.includes("_fbp=")) document.cookie = "_fbp=fb.0." + Date.now() + ".1073741823";
  const server = (event_name, event_id) => fetch("/api/events", { method: "POST", body: JSON.stringify({ data: [{
    event_name, event_id, event_time: Math.floor(Date.now() / 1000), action_source: "website",
    event_source_url: location.href, user_data: { fbp: document.cookie.match(/_fbp=([^;]*)/)[1] } }] }) });`;

const test = base.extend<object, { site: Listening }>({
  site: [
    async ({}, use) => {
      const site = await listen((request) => {
        const { pathname } = new URL(request.url);
        if (pathname === "/api/events") return Response.json({ ok: true }, { status: 202 });
        const script = SCRIPTS[pathname];
        const body = script === undefined ? "" : `<script>${PIXEL}${KIT}${script}</script>`;
        return new Response(`<!doctype html><meta charset="utf-8"><title>made</title>${body}`, {
          headers: { "content-type": "text/html" },
        });
      });
      await use(site);
      await site.stop();
    },
    { scope: "worker" },
  ],
});

/** Runs the command. The site is in this process, so that it must not wait. */
function check(...words: string[]) {
  return new Promise<{ status: number | null; out: string; err: string }>((done) => {
    const line = [join(ROOT, "dist/cli.js"), "check", ...words, "--pixel", "stand-in"];
    const child = spawn(process.execPath, line, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data: Buffer) => (out += data.toString()));
    child.stderr.on("data", (data: Buffer) => (err += data.toString()));
    child.once("close", (status) => done({ status, out, err }));
  });
}

test("a site whose copies are one ends with 0", async ({ site }) => {
  test.setTimeout(120_000);
  const { status, out, err } = await check(`${site.url}/good`);
  expect(out).toMatch(/^merged +Lead +\S+ by event_id {2}\(dataset \d+, visitor 1\)$/m);
  expect(out).toMatch(/^0 error\(s\), 0 warning\(s\)$/m);
  expect(status).toBe(0);
  // Progress is no part of the report.
  expect(err).toContain("Visitor 1 of 2 opens");
});

test("a site that loses a copy ends with 1 and says what to change: text, JSON, JUnit", async ({ site }) => {
  test.setTimeout(240_000);
  const text = await check(`${site.url}/lost`);
  expect(text.status).toBe(1);
  expect(text.out).toMatch(/^lost +Lead /m);
  // Both visitors met the fault, one of them twice: it is told once.
  expect(text.out.match(/^ {2}rule {2}server-copy-missing$/gm)).toHaveLength(1);
  expect(text.out).toMatch(/^ {2}fix {3}\S/m);

  const json = await check(`${site.url}/lost`, "--format", "json");
  expect(json.status).toBe(1);
  const { isOk, findings } = JSON.parse(json.out) as { isOk: boolean; findings: { rule: string }[] };
  expect({ isOk, rules: [...new Set(findings.map(({ rule }) => rule))] }).toEqual({
    isOk: false,
    rules: ["server-copy-missing"],
  });

  const junit = await check(`${site.url}/lost`, "--format", "junit");
  expect(junit.status).toBe(1);
  expect(junit.out).toMatch(
    /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites tests="\d" failures="\d">/,
  );
  expect(junit.out).toMatch(/<failure message="lost">.*\nFix: /);
});

test("what cannot be checked is one sentence and a status", async ({ site }) => {
  test.setTimeout(120_000);
  for (const [words, status, sentence] of [
    [["nonsense"], 64, /^nonsense is no web address\. Try one such as/],
    [[`${site.url}/bare`], 1, /pixel/],
    [[`${site.url}/good`, "--browser", "/nowhere/chromium"], 69, /npx playwright install chromium/],
    [[`${site.url}/good`, "--format", "xml"], 64, /^--format xml: expected one of text, json, junit/],
    [[`${site.url}/good`, "--sandbox", "no"], 64, /^--sandbox no: expected an address such as/],
  ] as const) {
    const answer = await check(...words);
    expect(answer, words.join(" ")).toMatchObject({ status, out: "" });
    const lines = answer.err.split("\n").filter((line) => line !== "" && !line.startsWith("Visitor"));
    expect(lines[0]).toMatch(sentence);
    expect(answer.err).not.toMatch(/^ +at /m);
  }
});
