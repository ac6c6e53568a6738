// The shop's system reports a paid order by webhook: it knows the order and the e-mail address, the page knew the browser.

import { createHash } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import { WEBHOOKS } from "../../www/shop/model/order.ts";
import { eventually } from "../support/eventually.ts";
import { goToCheckout, pair, type Shop, test } from "./shop.ts";

const HOUR_SECONDS = 3600;
/** The address that the checkout's form proposes. */
const EMAIL_HASH = createHash("sha256").update("ada@shop.example").digest("hex");

async function visitor(page: Page) {
  const cookies = await page.context().cookies();
  const value = (name: string) => cookies.find((cookie) => cookie.name === name)?.value;
  return { fbp: value("_fbp"), fbc: value("_fbc") };
}

/** Waits for the Purchase with the order's e-mail address. Returns it, and the hashes of the address. */
const reported = (shop: Shop) =>
  eventually("the Purchase with the order's e-mail address", async () => {
    const purchase = await pair(shop, "Purchase");
    // In the first server copy, if the page's waited in the outbox; else in the one that followed.
    const email = purchase.server?.user_data["em"] ?? purchase.server?.later_user_data?.["em"];
    return email === undefined ? undefined : { purchase, emails: [email].flat() };
  });

for (const webhook of WEBHOOKS) {
  for (const isLate of [false, true]) {
    const when = isLate ? "an hour after the page's copy" : "a moment later";
    test(`${webhook}'s webhook of ${when} is one Purchase with the page's`, async ({ page, shop }) => {
      await goToCheckout(page, shop.at("/?fbclid=Test-Click_1"));
      await page.locator(`input[name=reporter][value=${webhook}]`).check();
      await page.locator("input[name=pays-later]").setChecked(isLate);
      const order = page.waitForRequest((request) => request.url().endsWith("/api/orders"));
      await page.getByTestId("buy").click();
      const prepared = (await order).headers()["x-capi-event-id"];
      const { fbp, fbc } = await visitor(page);
      expect(fbc).toMatch(/\.Test-Click_1$/);

      if (isLate) {
        const first = await pair(shop, "Purchase");
        expect(first).toMatchObject({ event_id: prepared, merged: true, server: { copies: 1, fbp, fbc } });
        expect(first.server?.user_data["em"]).toBeUndefined();
        const clock = JSON.stringify({ advance_seconds: HOUR_SECONDS });
        await fetch(`${shop.sandboxUrl}/api/clock`, { method: "PUT", body: clock });
        await page.getByTestId("pay").click();
      }
      await expect(page.getByTestId("report-status")).toHaveText(/^20[02]$/);
      const { purchase, emails } = await reported(shop);
      expect(purchase).toMatchObject({
        event_id: prepared,
        merged: true,
        merged_by: "event_id",
        browser: { copies: 1, fbp, fbc },
        server: { fbp, fbc, custom_data: { value: 19.5, currency: "EUR" } },
      });
      expect(emails).toEqual([EMAIL_HASH]);
      // WooCommerce's order key, which opens the page of the order, did not go to Meta.
      const { events } = await shop.report();
      expect(JSON.stringify(events.map(({ server }) => server))).not.toContain("wc_order_");
      expect(events.filter((event) => event.event_name === "Purchase")).toHaveLength(1);
    });
  }
}

test("checkout identifies the buyer, and the back end's copy has the prepared id", async ({ page, shop }) => {
  await goToCheckout(page, shop.at("/?fbclid=Test-Click_1"));
  const checkout = await pair(shop, "InitiateCheckout");
  const { fbp, fbc } = await visitor(page);
  expect(checkout).toMatchObject({ merged: true, server: { fbp, fbc } });
  expect([checkout.server?.user_data["em"]].flat()).toEqual([EMAIL_HASH]);
  const order = page.waitForRequest((request) => request.url().endsWith("/api/orders"));
  await page.getByTestId("buy").click();
  const prepared = (await order).headers()["x-capi-event-id"];
  await expect(page.getByTestId("report-status")).toHaveText("202");
  const { purchase, emails } = await reported(shop);
  expect(purchase).toMatchObject({ event_id: prepared, merged: true, server: { fbp, fbc } });
  expect(emails).toEqual([EMAIL_HASH]);
});
