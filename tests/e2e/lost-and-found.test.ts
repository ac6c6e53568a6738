// Tests earlier bugs that lost events. None of the tests depends on chance.

import { expect, type Page } from "@playwright/test";
import { blank, bridge, INIT, run, serverCopy, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const APP = bridge() + STUB + INIT;

const ours = (page: Page) =>
  page.evaluate(() => Object.keys(localStorage).filter((key) => /^capi-bridge\.(event|held)\./.test(key)));

test("a worker that has not answered within 15 seconds is asked again", async ({ page, shop }) => {
  let tries = 0;
  await page.route("**/bridge/events", (route) => {
    tries++;
    // The first request is never answered.
    return tries === 1 ? undefined : route.continue();
  });
  await page.clock.install();
  const { errors } = await blank(page, shop.at("/no-answer"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => tries).toBe(1);
  // The request times out after 15 seconds. The retry follows at most one and a half seconds later.
  await page.clock.runFor(14_000);
  expect(tries).toBe(1);
  await page.clock.runFor(3_000);
  await serverCopy(shop, "Contact");
  expect(tries).toBe(2);
  expect(errors).toEqual([]);
});

test("two tabs that are left in the same millisecond take along the events of both", async ({
  context,
  shop,
}) => {
  let late = true;
  await context.route("**/capi-bridge-deferred.js*", (route) => (late ? undefined : route.continue()));
  for (const name of ["One", "Other"]) {
    const tab = await context.newPage();
    await blank(tab, shop.at(`/${name}`), APP + `<script>fbq("trackCustom", "${name}");</script>`);
    await tab.evaluate(() => (Date.now = () => 1_790_000_000_000));
    await tab.goto("about:blank");
  }
  late = false;
  const page = await context.newPage();
  await page.goto(shop.at("/thanks.html?order=1"));
  await serverCopy(shop, "One");
  await serverCopy(shop, "Other");
});

test("what an earlier page took along stays in storage until the worker has it", async ({ page, shop }) => {
  await page.route("**/capi-bridge-deferred.js*", () => undefined);
  await blank(page, shop.at("/earlier"), APP + `<script>fbq("track", "Contact");</script>`);
  await page.goto("about:blank");
  await page.unroute("**/capi-bridge-deferred.js*");
  await page.route("**/bridge/events", () => undefined);
  // The next page waits for a hash that does not come. No timer ends the wait, as if the process ended first.
  await page.route("**/capi-bridge-customer.js*", () => undefined);
  await page.addInitScript(() => {
    const { setTimeout } = window;
    const soon = (task: () => void, millis?: number) => ((millis ?? 0) > 0 ? 0 : setTimeout(task));
    Object.assign(window, { setTimeout: soon });
  });
  const init = `<script>fbq("init", "1234567890", { em: "jane@example.com" });</script>`;
  const asked = page.waitForRequest("**/capi-bridge-customer.js*");
  await blank(page, shop.at("/next"), bridge() + STUB + init);
  await asked;
  expect(await ours(page)).toHaveLength(1);
});

test("what nobody can read is no reason to send nothing", async ({ page, shop }) => {
  await page.goto(shop.at("/no-such-page"));
  await page.evaluate(() => {
    localStorage.setItem("capi-bridge.held.1", "{");
    localStorage.setItem("capi-bridge.held.2", "[null]");
    localStorage.setItem("capi-bridge.held.3", "7");
  });
  const { warnings } = await blank(page, shop.at("/unreadable"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await serverCopy(shop, "Contact");
  await expect.poll(() => ours(page)).toEqual([]);
  expect(warnings).toEqual([]);
});

test("a pixel that throws does not cost the server copy", async ({ page, shop }) => {
  const throws = `<script>window.fbq = () => { throw new Error("the pixel's own"); };</script>`;
  const { errors } = await blank(page, shop.at("/throws"), bridge(`data-pixel="drive"`) + throws);
  await run(page, (window) => window.capiBridge.track("Lead"));
  await serverCopy(shop, "Lead");
  expect(errors).toEqual([]);
});

test("a part that could not be loaded is asked for again with the next event", async ({ page, shop }) => {
  let broken = true;
  await page.route("**/capi-bridge-deferred.js*", (route) => (broken ? route.abort() : route.continue()));
  await blank(page, shop.at("/part"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await page.waitForTimeout(300);
  broken = false;
  await run(page, (window) => window.fbq("track", "Lead"));
  await serverCopy(shop, "Contact");
  await serverCopy(shop, "Lead");
});

test("an event waits for a hash for one second, however often the page says who the customer is", async ({
  page,
  shop,
}) => {
  await page.route("**/capi-bridge-customer.js*", () => undefined);
  await page.clock.install();
  const { posted } = await blank(page, shop.at("/identified"), APP);
  // The deferred part has loaded once an event has arrived.
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => posted.length).toBe(1);
  await page.clock.pauseAt(Date.now() + 60_000);
  await run(page, (window) => {
    window.capiBridge.identify({ email: "jane@example.com" });
    window.fbq("track", "Lead");
  });
  await page.clock.runFor(900);
  await run(page, (window) => window.capiBridge.identify({ email: "jane@example.com" }));
  await page.clock.runFor(100);
  await expect.poll(() => posted.map((event) => event.event_name)).toContain("Lead");
});
