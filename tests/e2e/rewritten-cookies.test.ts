// The worker writes the page's cookies again with the answer to its events, after the page's scripts have written them.

import { expect, type Page } from "@playwright/test";
import { blank, bridge, INIT, run, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const DAY_SECONDS = 86_400;
const NINETY_DAYS = 90 * DAY_SECONDS;

/** Returns the lifetimes that are left to the cookies, in days, by name. */
async function daysLeft(page: Page) {
  const now = Date.now() / 1000;
  const cookies = await page.context().cookies();
  return Object.fromEntries(
    cookies.map(({ name, expires }) => [name, Math.round((expires - now) / DAY_SECONDS)]),
  );
}

/** Writes both cookies by script with a life of one day: Safari's cut after a click on an ad. */
const SAFARI = `<script>
  addEventListener("DOMContentLoaded", () => {
    for (const pair of document.cookie.split("; "))
      if (pair.startsWith("_fb")) document.cookie = pair + "; Path=/; Domain=shop.example; Max-Age=${DAY_SECONDS}";
  });
</script>`;

test("a script's short life of both cookies ends with the next answer", async ({ page, shop }) => {
  const values = async () =>
    (await page.context().cookies()).filter(({ name }) => /^_fb/.test(name)).map(({ value }) => value);
  const answered = page.waitForResponse((response) => response.url().endsWith("/bridge/events"));
  const url = shop.at("/landing?fbclid=Test-Click_1");
  await blank(page, url, bridge() + STUB + INIT + `<script>fbq("track", "PageView")</script>` + SAFARI);
  const before = await values();
  const answer = await answered;
  const lines = (await answer.headersArray()).filter(({ name }) => name.toLowerCase() === "set-cookie");
  expect(lines.map(({ value }) => value.split("=")[0])).toEqual(["_fbp", "_fbc", "_capi_rewritten"]);
  for (const { value } of lines.slice(0, 2)) expect(value).toContain(`Max-Age=${NINETY_DAYS}`);
  await expect.poll(() => daysLeft(page)).toEqual({ _fbp: 90, _fbc: 90, _capi_rewritten: 1 });
  expect(await values()).toEqual(before);
});

test("without a click, one answer a day writes", async ({ page, shop }) => {
  const written: number[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith("/bridge/events"))
      void response
        .headersArray()
        .then((all) => written.push(all.filter(({ name }) => name.toLowerCase() === "set-cookie").length));
  });
  await blank(
    page,
    shop.at("/landing"),
    bridge() + STUB + INIT + `<script>fbq("track", "PageView")</script>`,
  );
  await expect.poll(() => written).toEqual([2]);
  await run(page, ({ fbq }) => fbq("track", "Lead"));
  await expect.poll(() => written).toEqual([2, 0]);
});

test("an answer that comes after a withdrawal brings no cookie back", async ({ page, shop }) => {
  const names = async () =>
    (await page.context().cookies()).map(({ name }) => name).filter((name) => /^_fb|^_capi/.test(name));
  const late: string[][] = [];
  await page.route("**/bridge/events", async (route) => {
    const kept = await page.context().cookies();
    await page.waitForTimeout(500);
    late.push(await names());
    // As the browser does with the `Set-Cookie` of the answer.
    await page.context().addCookies(kept.filter(({ name }) => /^_fb/.test(name)));
    late.push(await names());
    await route.fulfill({ status: 202, json: { events_received: 1, problems: [] } });
  });
  const asked = page.waitForRequest("**/bridge/events");
  const head = bridge() + STUB + INIT + `<script>fbq("track", "PageView")</script>`;
  await blank(page, shop.at("/landing?fbclid=Test-Click_1"), head);
  await asked;
  await run(page, ({ capiBridge }) => capiBridge.setConsent("denied"));
  await expect.poll(() => late).toEqual([[], ["_fbp", "_fbc"]]);
  await expect.poll(names).toEqual([]);
});
