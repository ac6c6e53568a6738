// Tests when the retry part loads, and that nothing is lost while it cannot be loaded.

import { expect, type Page } from "@playwright/test";
import { blank, bridge, INIT, receipt, refusal, run, serverCopy, stored, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const APP = bridge() + STUB + INIT;
const RETRY = "**/capi-bridge-retry.js*";
/** The wait until a part that could not be loaded is asked for again, in milliseconds. */
const AGAIN_MILLIS = 15_000;

/** Blocks the retry part. Returns a function that lets it through, and the number of times that it was asked for. */
async function block(page: Page) {
  let isBlocked = true;
  const blocked = { asked: 0, release: () => (isBlocked = false) };
  await page.route(RETRY, (route) => {
    blocked.asked++;
    return isBlocked ? route.abort() : route.continue();
  });
  return blocked;
}

test("an ordinary visit does not load it", async ({ page, shop }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await blank(page, shop.at("/ordinary"), APP);
  await run(page, (window) => window.fbq("track", "PageView"));
  await run(page, (window) => window.capiBridge.identify({ email: "jane@example.com" }));
  await run(page, (window) => window.fbq("track", "Contact"));
  await serverCopy(shop, "Contact");
  await expect.poll(() => stored(page)).toEqual([]);
  expect(asked).toContain("/bridge/capi-bridge-deferred.js");
  expect(asked.filter((path) => /retry|problems/.test(path))).toEqual([]);
});

test("an event without a receipt waits for it, and arrives on the same page", async ({ page, shop }) => {
  const blocked = await block(page);
  let failures = 1;
  await page.route("**/bridge/events", (route) =>
    failures-- > 0 ? route.fulfill({ status: 503 }) : route.continue(),
  );
  await page.clock.install();
  const { errors, warnings } = await blank(page, shop.at("/blocked"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => warnings).toEqual([expect.stringContaining("capi-bridge: no retries.")]);
  expect(await stored(page)).toHaveLength(1);
  await page.clock.runFor(AGAIN_MILLIS);
  await expect.poll(() => blocked.asked).toBe(2);
  blocked.release();
  await page.clock.runFor(AGAIN_MILLIS);
  await expect.poll(() => blocked.asked).toBe(3);
  // It is the answer that decides: the first retry comes after at most one and a half seconds.
  await expect.poll(async () => (await page.clock.runFor(1500), stored(page))).toEqual([]);
  await serverCopy(shop, "Contact");
  expect(warnings).toHaveLength(1);
  expect(errors).toEqual([]);
});

test("an event without a receipt arrives on the next page, if this one could not load it", async ({
  page,
  shop,
}) => {
  const blocked = await block(page);
  let isDown = true;
  await page.route("**/bridge/events", (route) => (isDown ? route.abort() : route.continue()));
  const { posted } = await blank(page, shop.at("/blocked-then-left"), APP);
  await run(page, (window) => window.fbq("track", "Lead", { value: 5, currency: "EUR" }));
  await expect.poll(() => blocked.asked).toBeGreaterThan(0);
  blocked.release();
  isDown = false;
  await page.reload();
  // The event is due 15 seconds after it was first sent, or once the browser reports that it is online again.
  await expect.poll(() => blocked.asked).toBeGreaterThan(1);
  await page.evaluate(() => dispatchEvent(new Event("online")));
  const { server } = await serverCopy(shop, "Lead");
  expect(server.event_id).toBe(posted[0]?.event_id);
  await expect.poll(() => stored(page)).toEqual([]);
});

test("without it, new events are sent and stored as always, and no timer is made twice", async ({
  page,
  shop,
}) => {
  const blocked = await block(page);
  let isDown = true;
  await page.route("**/bridge/events", (route) => (isDown ? route.abort() : receipt(route)));
  await page.clock.install();
  await blank(page, shop.at("/many-blocked"), APP);
  for (const name of ["A", "B", "C", "D"]) {
    const before = blocked.asked;
    await page.evaluate((name) => {
      (window as unknown as { fbq(...call: unknown[]): void }).fbq("trackCustom", name);
    }, name);
    await page.clock.runFor(600);
    await expect.poll(() => blocked.asked).toBeGreaterThan(before);
  }
  expect(await stored(page)).toHaveLength(4);
  const before = blocked.asked;
  await page.clock.runFor(AGAIN_MILLIS);
  await expect.poll(() => blocked.asked).toBe(before + 1);
  isDown = false;
  blocked.release();
  await page.clock.runFor(AGAIN_MILLIS);
  await expect.poll(() => blocked.asked).toBe(before + 2);
  await expect.poll(async () => (await page.clock.runFor(20_000), stored(page))).toEqual([]);
});

test("a warning waits for it", async ({ page, shop }) => {
  const blocked = await block(page);
  await page.clock.install();
  const { warnings } = await blank(page, shop.at("/misspelt"), bridge(`data-dataset="1"`) + STUB + INIT);
  await expect.poll(() => blocked.asked).toBe(1);
  blocked.release();
  await page.clock.runFor(AGAIN_MILLIS);
  await expect.poll(() => warnings.join()).toContain("Did you mean datasets (data-datasets)?");
});

test("a refusal is understood once it is there: the event that the worker names is dropped", async ({
  page,
  shop,
}) => {
  const blocked = await block(page);
  let requests = 0;
  await page.route(
    "**/bridge/events",
    (route) => (requests++, refusal(route, 400, "missing_value", "data[0].custom_data.value")),
  );
  await page.clock.install();
  const { warnings } = await blank(page, shop.at("/refused-late"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => blocked.asked).toBe(1);
  blocked.release();
  await page.clock.runFor(AGAIN_MILLIS);
  await expect.poll(() => stored(page)).toEqual([]);
  expect(requests).toBe(1);
  expect(warnings.join()).toContain("why: missing_value");
});
