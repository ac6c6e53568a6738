// The in-app browsers of Facebook and Instagram keep the click id of an ad whose link lost it.

import { expect, type Page } from "@playwright/test";
import { blank, bridge, INIT, run, settle, STUB } from "./blank.ts";
import { test } from "./shop.ts";

/** Gives pages the message handler of an in-app browser on iOS. Counts the questions. */
const ios = (page: Page, answer: string) =>
  page.addInitScript(`
    window.asked = 0;
    window.webkit = { messageHandlers: { browserProperties: { postMessage(property) {
      window.asked++;
      return property === "clickID" ? ${answer} : Promise.reject();
    } } } };`);
const asked = (page: Page) => page.evaluate(() => (window as unknown as { asked: number }).asked);
const fbc = async (page: Page) => (await page.context().cookies()).find(({ name }) => name === "_fbc")?.value;

test("a click id that the app lends becomes the visitor's click", async ({ page, shop }) => {
  await ios(page, `Promise.resolve("IwAR2AbC_dEf-123")`);
  const { errors, posted } = await blank(page, shop.at("/landing"), bridge() + STUB + INIT);
  await expect.poll(() => fbc(page)).toMatch(/^fb\.1\.\d{13}\.IwAR2AbC_dEf-123$/);
  await run(page, ({ fbq }) => fbq("track", "Lead", { value: 1, currency: "EUR" }));
  await expect
    .poll(() => posted.find(({ event_name }) => event_name === "Lead")?.user_data["fbc"])
    .toBe(await fbc(page));
  // The next page has the cookie and asks no more.
  const before = await fbc(page);
  await page.reload();
  await settle(page);
  expect([await asked(page), await fbc(page), errors]).toEqual([0, before, []]);
});

test("an app on Android is asked at its own address", async ({ browser, shop }) => {
  const userAgent =
    "Mozilla/5.0 (Linux; Android 10; SM-G960U; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 " +
    "Chrome/140.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/397.0.0.0.145;]";
  const context = await browser.newContext({ userAgent });
  const page = await context.newPage();
  // A test's browser has no such address, so the request is led to one that it has.
  await page.addInitScript(() => {
    const { open } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.open = function (this: XMLHttpRequest, method: string, url: string | URL) {
      return Reflect.apply(open, this, [method, url === "properties://browser/clickID" ? "/click-id" : url]);
    };
  });
  await page.route("**/click-id", (route) => route.fulfill({ body: "IwFromTheApp" }));
  const { errors } = await blank(page, shop.at("/landing"), bridge() + STUB + INIT);
  await expect.poll(() => fbc(page)).toMatch(/\.IwFromTheApp$/);
  expect(errors).toEqual([]);
  await context.close();
});

test("an app that has no click id, or never answers, changes nothing", async ({ context, shop }) => {
  for (const answer of [
    "Promise.resolve('')",
    "Promise.reject(new Error('none'))",
    "new Promise(() => {})",
    "null",
  ]) {
    const page = await context.newPage();
    await ios(page, answer);
    const { errors, posted } = await blank(page, shop.at("/landing"), bridge() + STUB + INIT);
    await run(page, ({ fbq }) => fbq("track", "Lead", { value: 1, currency: "EUR" }));
    await expect.poll(() => posted.map(({ event_name }) => event_name)).toContain("Lead");
    expect([await asked(page), await fbc(page), errors], answer).toEqual([1, undefined, []]);
    await page.close();
  }
});

test("without consent, and with a click of the address, no app is asked", async ({ page, shop }) => {
  await ios(page, `Promise.resolve("IwAR2AbC_dEf-123")`);
  await blank(page, shop.at("/landing"), bridge(`data-consent="pending"`) + STUB + INIT);
  await settle(page);
  expect([await asked(page), await fbc(page)]).toEqual([0, undefined]);
  await page.goto(shop.at("/?fbclid=FromTheAddress"));
  await settle(page);
  expect(await asked(page)).toBe(0);
  expect(await fbc(page)).toMatch(/\.FromTheAddress$/);
});

test("an answer that comes after the withdrawal is dropped", async ({ page, shop }) => {
  await ios(page, `new Promise((answer) => { window.answer = () => answer("IwLate"); })`);
  await blank(page, shop.at("/landing"), bridge() + STUB + INIT);
  await expect.poll(() => asked(page)).toBe(1);
  await run(page, ({ capiBridge }) => capiBridge.setConsent("denied"));
  await page.evaluate(() => (window as unknown as { answer: () => void }).answer());
  await settle(page);
  expect(await fbc(page)).toBeUndefined();
});
