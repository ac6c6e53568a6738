// Single-page apps: one PageView per navigation, with an id on both sides.

import { expect, type Page } from "@playwright/test";
import { blank, bridge, INIT, PIXEL, run, settle, STUB } from "./blank.ts";
import { test, type Shop } from "./shop.ts";

const VIEW = `<script>fbq("track", "PageView");</script>`;
const APP = bridge() + STUB + INIT + VIEW + PIXEL;

/** Opens an app, and says which PageViews the pixel and the worker got. */
async function app(page: Page, shop: Shop, head = APP) {
  const { posted, errors } = await blank(page, shop.at("/app"), head);
  await expect.poll(() => posted.length).toBe(1);
  return {
    errors,
    posted,
    async views() {
      await settle(page);
      const sent = await run(page, (window) => window.sent);
      return {
        browser: sent.map(({ id }) => id),
        server: posted.map((event) => event.event_id),
        paths: posted.map((event) => new URL(event.event_source_url).pathname),
      };
    },
  };
}

for (const hasNavigation of [true, false]) {
  test.describe(hasNavigation ? "with the Navigation API" : "without the Navigation API", () => {
    test.beforeEach(async ({ page }) => {
      if (!hasNavigation)
        await page.addInitScript(() => delete (window as { navigation?: unknown }).navigation);
    });

    test("pushState, replaceState and back are one PageView each, with one id", async ({ page, shop }) => {
      const { views, errors } = await app(page, shop);
      await page.evaluate(() => history.pushState({}, "", "/app/two"));
      await settle(page);
      await page.evaluate(() => history.replaceState({}, "", "/app/three"));
      await settle(page);
      await page.evaluate(() => history.back());
      const { browser, server, paths } = await views();
      expect(paths).toEqual(["/app", "/app/two", "/app/three", "/app"]);
      expect(server).toEqual(browser);
      expect(new Set(server).size).toBe(4);
      expect(errors).toEqual([]);
    });
  });
}

test("a state that changes no address is no navigation", async ({ page, shop }) => {
  const { views } = await app(page, shop);
  await page.evaluate(() => history.pushState({ open: true }, ""));
  expect((await views()).browser).toHaveLength(1);
});

test("a navigation that is redirected at once is one PageView", async ({ page, shop }) => {
  const { views } = await app(page, shop);
  await page.evaluate(() => {
    history.pushState({}, "", "/app/old");
    history.replaceState({}, "", "/app/new");
  });
  expect((await views()).paths).toEqual(["/app", "/app/new"]);
});

test("where the page tracks its PageViews itself, they are the only ones", async ({ page, shop }) => {
  const { views } = await app(page, shop);
  for (const path of ["/app/a", "/app/b"]) {
    await page.evaluate((path) => {
      history.pushState({}, "", path);
      setTimeout(() => (window as unknown as { fbq(...call: string[]): void }).fbq("track", "PageView"), 50);
    }, path);
    await settle(page);
  }
  const { browser, server, paths } = await views();
  expect(paths).toEqual(["/app", "/app/a", "/app/b"]);
  expect(server).toEqual(browser);
});

test("the page's own PageView that comes after ours is dropped on both sides", async ({ page, shop }) => {
  const { views } = await app(page, shop);
  await page.evaluate(() => history.pushState({}, "", "/app/late"));
  await settle(page);
  await run(page, (window) => window.fbq("track", "PageView"));
  const { browser, server } = await views();
  expect(browser).toHaveLength(2);
  expect(server).toEqual(browser);
});

test("a page that set disablePushState itself is left to send its own", async ({ page, shop }) => {
  for (const [index, head] of [
    bridge() + STUB + `<script>fbq.disablePushState = true;</script>` + INIT + VIEW + PIXEL,
    bridge() + STUB + INIT + VIEW + `<script>fbq.disablePushState = true;</script>` + PIXEL,
  ].entries()) {
    const { posted } = await blank(page, shop.at(`/own-${index}`), head);
    await expect.poll(() => posted.length).toBe(1);
    await page.evaluate(() => history.pushState({}, "", "/own/two"));
    await settle(page);
    expect(await run(page, (window) => window.sent.length)).toBe(1);
    expect(posted).toHaveLength(1);
  }
});

test("a second PageView of the same page is one, as for the pixel", async ({ page, shop }) => {
  const { views } = await app(page, shop);
  await run(page, (window) => window.fbq("track", "PageView"));
  const { browser, server } = await views();
  expect(browser).toHaveLength(1);
  expect(server).toEqual(browser);
});

test("navigations before the second part is there are counted", async ({ page, shop }) => {
  await page.route("**/capi-bridge-deferred.js*", async (route) => {
    await new Promise((done) => setTimeout(done, 500));
    await route.continue();
  });
  const { posted } = await blank(
    page,
    shop.at("/early"),
    APP + `<script>history.pushState({}, "", "/early/two");</script>`,
  );
  await expect
    .poll(() => posted.map((event) => new URL(event.event_source_url).pathname))
    .toEqual(["/early", "/early/two"]);
  expect(await run(page, (window) => window.sent.map(({ id }) => id))).toEqual(
    posted.map((event) => event.event_id),
  );
});

test('with pixel: "drive" a navigation is one PageView, too', async ({ page, shop }) => {
  const { posted } = await blank(
    page,
    shop.at("/driven"),
    bridge(`data-pixel="drive" data-datasets="1234567890"`) + STUB + INIT + PIXEL,
  );
  await run(page, (window) => window.capiBridge.track("PageView"));
  await expect.poll(() => posted.length).toBe(1);
  await page.evaluate(() => history.pushState({}, "", "/driven/two"));
  await expect.poll(() => posted.length).toBe(2);
  expect(await run(page, (window) => window.sent.map(({ id }) => id))).toEqual(
    posted.map((event) => event.event_id),
  );
});
