// Tests docs/segment-recipe.md as it stands: its files, its commands, a visitor, and the sandbox's events.
//
// Segment's libraries are the real ones. Its pixel destination and Meta's pixel do not work offline. The test
// uses the document's stand-ins for them.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { eventually } from "../support/eventually.ts";
import { freePort, onFreePort, PortTaken, saysTaken } from "../support/free-port.ts";
import { ROOT, type Seen, scratch, startSandbox } from "../support/sandbox.ts";

const FUNNEL = ["ViewContent", "AddToCart", "InitiateCheckout", "Purchase"];
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

let running: ChildProcess | undefined;
let sandbox: Awaited<ReturnType<typeof startSandbox>> | undefined;
test.afterEach(async () => {
  stop();
  await sandbox?.stop();
});

function stop(): void {
  // Kills the process group of the commands, and no other process.
  if (running?.pid !== undefined) process.kill(-running.pid);
  running = undefined;
}

test("the walk-through ends with every event of the funnel merged, and the order with the e-mail that the server knows", async ({
  page,
}) => {
  sandbox = await startSandbox();
  const site = await onFreePort(walkThrough);
  // A slow visitor: if the page and the shop's server report the same event, the server's copy is first.
  await page.route("**/bridge/events", async (route) => {
    await new Promise((done) => setTimeout(done, 1000));
    await route.continue();
  });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(`${site}/?fbclid=Test-Click_1`);
  for (const button of ["Add to basket", "Check out", "Buy"]) await page.getByText(button).click();
  await expect(page.locator("#order")).toHaveText(/^Order \d+$/);
  const orderId = (await page.locator("#order").innerText()).replace("Order ", "");

  const report = sandbox.report;
  const events = await eventually("both copies of the funnel", async () => {
    const { events } = await report();
    const whole = ["PageView", ...FUNNEL].map((name) => events.find((one) => one.event_name === name));
    return whole.every((one): one is Seen => one?.merged === true) ? whole : undefined;
  });
  // Waits long enough for a third copy, or for a copy with another id.
  await page.waitForTimeout(3000);
  expect((await report()).events).toHaveLength(5);
  expect(errors).toEqual([]);

  const anonymousId = (await page.evaluate("analytics.instance.user().anonymousId()")) as string;
  const { fbp, fbc } = (await page.evaluate("capiBridge.identifiers()")) as { fbp: string; fbc: string };
  expect(fbc).toMatch(/^fb\.\d\.\d{13}\.Test-Click_1$/);
  for (const { event_name, merged_by, event_id, browser, server } of events) {
    expect.soft({ event_name, merged_by }).toEqual({ event_name, merged_by: "event_id" });
    for (const copy of [browser, server]) {
      expect.soft(copy, event_name).toMatchObject({ event_id, fbp, fbc, copies: 1 });
      // In the recipe both sides send the same external id: the anonymous id, while the visitor is unknown.
      expect.soft([copy?.user_data["external_id"]].flat(), event_name).toEqual([sha256(anonymousId)]);
    }
    expect.soft(server).toMatchObject({
      action_source: "website",
      url: `${site}/?fbclid=Test-Click_1`,
      client_user_agent: await page.evaluate(() => navigator.userAgent),
    });
  }
  const purchase = events.at(-1);
  // The id that every language derives from the order (docs/identifiers.md).
  expect(purchase?.event_id).toBe(sha256(`Purchase:${orderId}`).slice(0, 32));
  expect(purchase?.server?.custom_data).toMatchObject({ value: 59.9, currency: "EUR", order_id: orderId });
  expect(purchase?.server?.user_data["em"]).toEqual([sha256("jane@example.com")]);

  // RECIPE_PICTURE=docs/segment-recipe.png makes the document's picture.
  const picture = process.env["RECIPE_PICTURE"];
  if (picture !== undefined) {
    await page.setViewportSize({ width: 1200, height: 720 });
    await page.goto(sandbox.url);
    await expect(page.getByText("Purchase").last()).toBeVisible();
    await page.screenshot({ path: picture });
  }
});

/** Links the packages that the document installs with npm. They are on this machine already. */
function install(folder: string): void {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  for (const name of ["@segment", "workerd"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  symlinkSync(ROOT, join(modules, "capi-bridge"));
  symlinkSync(join(ROOT, "dist/edge/cli.js"), join(modules, ".bin/capi-bridge"));
  writeFileSync(join(folder, "package.json"), "{}");
}

/** Writes the document's files and runs its commands, on two ports of this test. Returns the shop's URL. */
async function walkThrough(bridgePort: number): Promise<string> {
  const shopPort = await freePort();
  const here = (text: string) =>
    text
      .replaceAll("8788", new URL(sandbox?.url ?? "").port)
      .replaceAll("8790", String(bridgePort))
      .replaceAll("8791", String(shopPort));
  const document = readFileSync(join(ROOT, "docs/segment-recipe.md"), "utf8");
  const block = (fence: string, after: string) => {
    const section = document.split(after)[1] ?? "";
    return here(section.split("```" + fence + "\n")[1]?.split("\n```")[0] ?? "");
  };
  const folder = scratch("recipe");
  for (const [file, fence] of [
    ["bridge.json", "json"],
    ["index.html", "html"],
    ["pixel-destination.js", "js"],
    ["shop.mjs", "js"],
  ] as const) {
    writeFileSync(join(folder, file), block(fence, `\n\`${file}\``));
  }
  install(folder);
  const commands = spawn("sh", ["-c", block("sh", "## Run it")], {
    cwd: folder,
    detached: true,
    stdio: "pipe",
  });
  running = commands;
  let said = "";
  for (const stream of [commands.stdout, commands.stderr]) {
    stream.on("data", (text: Buffer) => {
      said += String(text);
      process.stderr.write(text);
    });
  }

  const site = `http://localhost:${bridgePort}`;
  await eventually(
    "the shop",
    async () => (saysTaken(said) || (await fetch(site)).ok ? true : undefined),
    30_000,
  );
  if (saysTaken(said)) {
    stop();
    throw new PortTaken(said);
  }
  return site;
}
