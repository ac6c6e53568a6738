// Tests that start() after stop() starts again, as React's strict mode does.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { ROOT } from "../support/sandbox.ts";
import { blank, bridge, INIT, run, settle, STUB } from "./blank.ts";
import { test } from "./shop.ts";

test.beforeEach(({ page }) =>
  page.route("**/npm/**", (route) => {
    const [, name] = new URL(route.request().url()).pathname.split("/npm/");
    return route.fulfill({
      contentType: "text/javascript",
      body: readFileSync(join(ROOT, "dist", name!), "utf8"),
    });
  }),
);

test("start, stop, start: one bridge that works, one copy of each event", async ({ page, shop }) => {
  const module = `<script type="module">
    import { start } from "/npm/index.js";
    const settings = { datasets: ["1234567890"] };
    const first = start(settings);
    first.stop();
    window.started = [first, start(settings), window.capiBridge];
  </script>`;
  const { posted, errors, warnings } = await blank(page, shop.at("/strict"), STUB + INIT + module);
  await page.waitForFunction("window.started");
  // The second one is the page's; the first stays stopped.
  expect(await page.evaluate("started[1] === started[2] && started[0] !== started[1]")).toBe(true);
  expect(await page.evaluate("started[0].track('Lead').eventId")).toBe("");
  const { fbp, eventId, headers } = await run(page, async (window) => {
    const { headers } = await fetch("/bridge/health");
    window.fbq("track", "Contact");
    return {
      fbp: window.capiBridge.identifiers().fbp,
      eventId: window.capiBridge.track("Lead").eventId,
      headers: headers.has("content-type"),
    };
  });
  expect(fbp).toMatch(/^fb\.1\./);
  expect(eventId).toMatch(/^[0-9a-f]{32}$/);
  expect(headers).toBe(true);
  await expect.poll(() => posted.map((event) => event.event_name).sort()).toEqual(["Contact", "Lead"]);
  await settle(page);
  expect(posted).toHaveLength(2);
  expect([...errors, ...warnings]).toEqual([]);
});

test("what waits as the bridge is stopped is sent or kept, and what comes between is the page's alone", async ({
  page,
  shop,
}) => {
  const { posted } = await blank(page, shop.at("/between"), bridge() + STUB + INIT);
  await run(page, (window) => {
    window.fbq("track", "PageView");
    window.capiBridge.stop();
    window.fbq("track", "Contact");
  });
  await page.evaluate(
    () =>
      new Promise((done) => {
        const script = document.createElement("script");
        Object.assign(script, { src: "/bridge/capi-bridge.js", onload: done });
        script.dataset["datasets"] = "1234567890";
        document.head.append(script);
      }),
  );
  await run(page, (window) => window.fbq("track", "Schedule"));
  await expect
    .poll(() => [...new Set(posted.map((event) => event.event_name))].sort())
    // The Contact waits in the pixel's queue, like a call before the tag.
    .toEqual(["Contact", "PageView", "Schedule"]);
  await settle(page);
  expect(new Set(posted.map((event) => event.event_id)).size).toBe(3);
});

test("a second start of a bridge that runs is the same bridge, and starts nothing", async ({
  page,
  shop,
}) => {
  const { posted } = await blank(page, shop.at("/twice"), bridge() + bridge() + STUB + INIT);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => posted.length).toBe(1);
  await settle(page);
  expect(posted).toHaveLength(1);
});
