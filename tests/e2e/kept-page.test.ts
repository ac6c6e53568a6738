// A page that the browser kept whole while the visitor was elsewhere, and shows again.

import { expect } from "@playwright/test";
import { blank, bridge, INIT, run, settle, STUB } from "./blank.ts";
import { test as base } from "./shop.ts";

/** Playwright turns the back/forward cache off. */
const test = base.extend({
  launchOptions: [
    async ({ launchOptions }, use) =>
      use({ ...launchOptions, ignoreDefaultArgs: ["--disable-back-forward-cache"] }),
    { scope: "worker" },
  ],
});

test("out of the back/forward cache a page goes on where it was: nothing twice, identifiers as they are now", async ({
  page,
  shop,
}) => {
  const purchase = `<script>fbq("track", "Purchase", { value: 5, currency: "EUR", order_id: "kept-1" });</script>`;
  const kept = shop.at("/kept?fbclid=First");
  const { posted, errors } = await blank(page, kept, STUB + INIT + bridge() + purchase);
  await expect.poll(() => posted.length).toBe(1);
  const before = await run(page, (window) => {
    Object.assign(window, { kept: true });
    return window.capiBridge.identifiers();
  });

  // Elsewhere on the site another ad is clicked.
  await blank(page, shop.at("/elsewhere?fbclid=Second"), bridge());
  // It does not load again.
  await page.goBack({ waitUntil: "commit" });
  expect(await page.evaluate(() => "kept" in window), "the page was kept").toBe(true);
  const after = await run(page, (window) => {
    window.fbq("track", "Contact");
    return { ...window.capiBridge.identifiers(), calls: window.fbq.queue.length };
  });
  expect(after.fbp).toBe(before.fbp);
  expect([before.fbc, after.fbc].map((fbc) => fbc?.split(".").at(-1))).toEqual(["First", "Second"]);
  // init, the Purchase, and the Contact.
  expect(after.calls).toBe(3);
  await settle(page);
  expect(posted.map(({ event_name }) => event_name)).toEqual(["Purchase", "Contact"]);
  expect(posted[1]?.user_data).toEqual({ fbp: after.fbp, fbc: after.fbc });
  expect(errors).toEqual([]);
});
