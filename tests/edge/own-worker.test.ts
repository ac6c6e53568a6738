// Tests the example of a custom worker in docs/cloudflare.md, with the types and settings of the document.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";
import { ROOT } from "../support/sandbox.ts";

const SECTION =
  readFileSync(join(ROOT, "docs/cloudflare.md"), "utf8").split("## A worker of your own")[1] ?? "";
const block = (fence: string) => SECTION.split("```" + fence + "\n")[1]?.split("\n```")[0] ?? "";

/** Limits a test, in milliseconds. TypeScript is slow on a busy machine. */
const CHECK_MILLIS = 120_000;

/** Type-checks the example with these settings. Returns TypeScript's exit status and output. */
function check(settings: string) {
  // The folder is inside the package, so that the example can import the package by its name.
  const folder = mkdtempSync(join(ROOT, "target/own-worker-"));
  writeFileSync(join(folder, "worker.ts"), block("ts"));
  writeFileSync(join(folder, "tsconfig.json"), settings);
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(tsc, ["-p", folder], { encoding: "utf8" });
  return { folder, status, stdout };
}

test(
  "the worker of one's own type-checks with Cloudflare's types, and bundles",
  { timeout: CHECK_MILLIS },
  () => {
    const { folder, status, stdout } = check(block("json"));
    expect(stdout).toBe("");
    expect(status).toBe(0);
    const { errors } = buildSync({
      entryPoints: [join(folder, "worker.ts")],
      bundle: true,
      format: "esm",
      external: ["cloudflare:workers", "*.wasm"],
      write: false,
    });
    expect(errors).toEqual([]);
  },
);

test(
  "without Cloudflare's types it does not, which is why the document names them",
  { timeout: CHECK_MILLIS },
  () => {
    const settings = block("json");
    expect(settings).toContain(`"types": ["@cloudflare/workers-types"]`);
    const { status, stdout } = check(settings.replace("@cloudflare/workers-types", "node"));
    expect(status).not.toBe(0);
    expect(stdout).toContain("ExecutionContext");
  },
);
