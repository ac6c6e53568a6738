// A new tester's path, from an empty folder with the packed package: a shop page, one test, a missing event id, a fix.
//
// The files are those of `docs/testing.md`.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { pack, pinned } from "../support/package.ts";
import { ROOT } from "../support/sandbox.ts";

const DOCS = readFileSync(join(ROOT, "docs/testing.md"), "utf8");

/** Returns the file of this name in the documentation: the block of code after its name. */
function documented(name: string): string {
  const [, after = ""] = DOCS.split(`\`${name}\`:\n\n\`\`\``);
  const [, text] = /^\w+\n([^]*?)```/.exec(after) ?? [];
  if (text === undefined) throw new Error(`docs/testing.md has no ${name}`);
  return text;
}

let project = "";
let seconds = 0;

beforeAll(() => {
  const start = Date.now();
  const executable = process.env["CHROMIUM_PATH"];
  const config = `
    import { defineConfig } from "@playwright/test";
    export default defineConfig({
      use: { launchOptions: { executablePath: ${JSON.stringify(executable)}, args: ["--no-sandbox"] } },
    });`;
  project = pack().project(
    "tester",
    {
      "package.json": `{"type":"module","private":true}`,
      // Only for a Chromium that Playwright has not installed, and for root. A tester needs no configuration.
      ...(executable !== undefined && { "playwright.config.js": config }),
      "site/index.html": documented("site/index.html"),
      "shop.spec.js": documented("shop.spec.js"),
    },
    pinned("@playwright/test"),
  );
  seconds = (Date.now() - start) / 1000;
}, 180_000);

/** Runs the tester's test without Rust and cargo on the path. */
function run() {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["node_modules/@playwright/test/cli.js", "test"],
    {
      cwd: project,
      env: {
        PATH: dirname(process.execPath),
        HOME: project,
        NO_COLOR: "1",
        PLAYWRIGHT_BROWSERS_PATH: process.env["PLAYWRIGHT_BROWSERS_PATH"],
      },
      encoding: "utf8",
      timeout: 80_000,
    },
  );
  return { status, said: stdout + stderr };
}

test("the test has at most fifteen lines", () => {
  expect(documented("shop.spec.js").trimEnd().split("\n").length).toBeLessThanOrEqual(15);
});

test(
  "it fails for the missing event id, with the line to write; with that line it passes",
  { timeout: 170_000 },
  () => {
    const start = Date.now();
    const broken = run();
    expect(broken.said).toContain("expect(capi).toShareEventId()");
    expect(broken.said).toContain(
      "Expected: the browser's and the server's copy of Purchase have one event id",
    );
    expect(broken.said).toContain(`Found:    browser no event id; server "order-1001"`);
    expect(broken.said).toContain(`Next:     fbq("track", "Purchase", {…}, { eventID: id }) in the page`);
    expect(broken.status).toBe(1);

    const page = join(project, "site/index.html");
    const text = readFileSync(page, "utf8");
    const [before = "", after = ""] = documented("the fix")
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(1));
    expect(text).toContain(before);
    writeFileSync(page, text.replace(before, after));
    const fixed = run();
    expect(fixed.said).toContain("1 passed");
    expect(fixed.status).toBe(0);
    // The time of the whole path, for docs/testing.md.
    console.log(
      `installing ${seconds.toFixed(1)} s, both runs ${((Date.now() - start) / 1000).toFixed(1)} s`,
    );
  },
);
