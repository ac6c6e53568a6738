// The example for Cloudflare deploys as it is: wrangler bundles it, and the bundle runs.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startWorkerd } from "../../src/shell/serve/workerd.ts";
import { pack } from "../support/package.ts";
import { ROOT, scratch } from "../support/sandbox.ts";

test("wrangler takes deploy/cloudflare/wrangler.jsonc, and what it would upload answers", async () => {
  const example = readFileSync(join(ROOT, "deploy/cloudflare/wrangler.jsonc"), "utf8");
  const project = pack().project(
    "cloudflare",
    { "package.json": `{"private":true}`, "wrangler.jsonc": example },
    "wrangler@4.86.0",
  );
  const said = execFileSync("npx", ["--no-install", "wrangler", "deploy", "--dry-run", "--outdir", "out"], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false", XDG_CONFIG_HOME: join(project, "home") },
  });
  expect(said).toContain("env.OUTBOX (Outbox)");
  expect(said).toContain("env.CAPI_BRIDGE");
  expect(said).not.toContain("WARNING");

  const folder = join(project, "out");
  const running = await startWorkerd({
    services: [
      {
        name: "edge",
        folder,
        wasm: readdirSync(folder).filter((name) => name.endsWith(".wasm")),
        bindings: {
          CAPI_BRIDGE: { json: { datasets: ["1234567890"], allowedOrigins: ["https://www.shop.example"] } },
          OUTBOX: { durableObject: "Outbox" },
        },
        durableObjects: ["Outbox"],
      },
    ],
    ports: { edge: 0 },
    state: scratch("cloudflare"),
  });
  try {
    const answer = await fetch(`${running.urls["edge"]}/bridge/health`);
    // It answers, and says what is left to do.
    expect(await answer.json()).toMatchObject({
      durable: true,
      alarms: [expect.stringContaining("META_ACCESS_TOKEN")],
    });
  } finally {
    await running.stop();
  }
}, 300_000);
