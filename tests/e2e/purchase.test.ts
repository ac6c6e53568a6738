// A visitor arrives from an ad and buys: one event, two paths, one id.

import { expect } from "@playwright/test";
import { buy, goToCheckout, pair, test } from "./shop.ts";

const NINETY_DAYS = 7_776_000;

test("arriving from an ad and buying gives one merged Purchase with equal identifiers", async ({
  page,
  context,
  shop,
}) => {
  const arrived = Date.now();
  await buy(page, shop.at("/?fbclid=Test-Click_1"));

  const purchase = await pair(shop, "Purchase");
  expect(purchase).toMatchObject({
    merged: true,
    merged_by: "event_id",
    why_not: null,
    dataset_id: "1234567890",
  });
  const { browser, server } = purchase;
  expect(server?.event_id).toBe(browser?.event_id);
  expect(server?.event_id).toMatch(/^[0-9a-f]{32}$/);
  expect(server?.custom_data).toMatchObject({ currency: "EUR", order_id: browser?.custom_data["order_id"] });

  const cookies = Object.fromEntries((await context.cookies()).map((cookie) => [cookie.name, cookie]));
  expect(server?.fbp).toBe(cookies["_fbp"]?.value);
  expect(browser?.fbp).toBe(cookies["_fbp"]?.value);
  expect(server?.fbc).toBe(cookies["_fbc"]?.value);
  expect(browser?.fbc).toBe(cookies["_fbc"]?.value);

  expect(cookies["_fbp"]?.value).toMatch(/^fb\.1\.\d{13}\.\d{1,10}$/);
  expect(cookies["_fbc"]?.value).toMatch(/^fb\.1\.\d{13}\.Test-Click_1$/);
  for (const name of ["_fbp", "_fbc"]) {
    const cookie = cookies[name];
    expect(cookie).toMatchObject({
      domain: ".shop.example",
      path: "/",
      sameSite: "Lax",
      httpOnly: false,
      secure: false,
    });
    expect(Math.abs((cookie?.expires ?? 0) - (arrived / 1000 + NINETY_DAYS))).toBeLessThan(60);
    const created = Number(cookie?.value.split(".")[2]);
    expect(created).toBeGreaterThanOrEqual(arrived - 1000);
    expect(created).toBeLessThanOrEqual(Date.now());
  }
  expect(Object.keys(cookies).sort()).toEqual(["_capi_rewritten", "_fbc", "_fbp"]);

  // The rest of the funnel, PageView included, and no event that stands alone.
  for (const name of ["ViewContent", "AddToCart", "InitiateCheckout"])
    expect((await pair(shop, name)).merged).toBe(true);
  const report = await shop.report();
  expect(report.counts).toMatchObject({ browser_only: 0, server_only: 0, refused: 0 });
  expect(
    report.events.filter((event) => event.event_name === "PageView").every((event) => event.merged),
  ).toBe(true);
});

test("the shop's back end gets the identifiers with the order", async ({ page, context, shop }) => {
  await goToCheckout(page, shop.at("/?fbclid=Test-Click_2"));
  const order = page.waitForRequest((request) => request.url().endsWith("/api/orders"));
  await page.getByTestId("buy").click();
  const headers = (await order).headers();
  const cookies = Object.fromEntries((await context.cookies()).map((cookie) => [cookie.name, cookie.value]));
  expect(headers["x-capi-fbp"]).toBe(cookies["_fbp"]);
  expect(headers["x-capi-fbc"]).toBe(cookies["_fbc"]);
  expect(headers["x-capi-event-id"]).toMatch(/^[0-9a-f]{32}$/);
});

test("the sandbox's page shows the merged Purchase", async ({ page, shop }) => {
  await page.goto(shop.at("/thanks.html?order=1001"));
  await page.evaluate(() => {
    (window as unknown as { fbq: (...call: unknown[]) => void }).fbq("track", "Lead", {
      value: 5,
      currency: "EUR",
    });
  });
  await pair(shop, "Lead");
  await page.goto(shop.sandboxUrl);
  await expect(
    page.locator('[data-testid="event"][data-event-name="Lead"][data-merged="true"]'),
  ).toBeVisible();
});

for (const [host, domain, index] of [
  ["www.shop.example.co.uk", ".example.co.uk", 2],
  ["localhost", "localhost", 0],
  ["127.0.0.1", "127.0.0.1", 0],
] as const) {
  test(`on ${host} the cookies belong to ${domain}`, async ({ page, context, shop }) => {
    await page.goto(shop.at("/?fbclid=Test-Click_3", host));
    await pair(shop, "PageView");
    const cookies = await context.cookies();
    expect(cookies.map((cookie) => cookie.name).sort()).toEqual(["_capi_rewritten", "_fbc", "_fbp"]);
    for (const cookie of cookies) {
      expect(cookie.domain).toBe(domain);
      if (cookie.name !== "_capi_rewritten") expect(cookie.value.startsWith(`fb.${index}.`)).toBe(true);
    }
  });
}

test("coming back keeps both cookies; a new click replaces fbc alone", async ({ page, context, shop }) => {
  const cookies = async () =>
    Object.fromEntries(
      (await context.cookies())
        .filter(({ name }) => name !== "_capi_rewritten")
        .map(({ name, value }) => [name, value]),
    );
  await page.goto(shop.at("/?fbclid=First"));
  const first = await cookies();
  await page.goto(shop.at("/?fbclid=First"));
  await page.goto(shop.at("/"));
  expect(await cookies()).toEqual(first);
  await page.goto(shop.at("/?fbclid=Second"));
  const second = await cookies();
  expect(second["_fbp"]).toBe(first["_fbp"]);
  expect(second["_fbc"]).toMatch(/\.Second$/);
});
