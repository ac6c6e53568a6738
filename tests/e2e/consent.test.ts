// Consent first: before it nothing is read, stored or sent; after its withdrawal nothing is kept.

import { expect, type Page } from "@playwright/test";
import { blank, bridge, INIT, run, serverCopy, settle, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const PENDING = bridge(`data-datasets="1234567890" data-consent="pending"`) + STUB + INIT;

const kept = async (page: Page) => ({
  cookies: (await page.context().cookies()).map(({ name }) => name).sort(),
  stored: await page.evaluate(() => Object.keys(localStorage)),
});
const NOTHING = { cookies: [], stored: [] };

test("while it is pending nothing is read, stored, sent or attached; then the events go with their id and time", async ({
  page,
  shop,
}) => {
  const { posted } = await blank(page, shop.at("/pending?fbclid=Click"), PENDING);
  let headers: Record<string, string> = {};
  await page.route("**/echo", async (route) => {
    headers = await route.request().allHeaders();
    await route.fulfill({ body: "ok" });
  });
  const before = Math.floor(Date.now() / 1000);
  const id = await run(page, async (window) => {
    window.fbq("track", "Lead", { value: 5, currency: "EUR" });
    await fetch("/echo");
    history.replaceState({}, "", "/pending");
    const call = Array.from(window.fbq.queue.at(-1) ?? []) as { eventID: string }[];
    return call[3]?.eventID;
  });
  await page.waitForTimeout(1500);
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(posted).toEqual([]);
  expect(await kept(page)).toEqual(NOTHING);
  expect(await run(page, (window) => window.capiBridge.identifiers())).toEqual({});
  expect(Object.keys(headers).filter((name) => name.startsWith("x-capi"))).toEqual([]);

  await run(page, (window) => window.capiBridge.setConsent("granted"));
  const { server } = await serverCopy(shop, "Lead");
  expect(server.event_id).toBe(id);
  expect(Math.abs((server.event_time ?? 0) - before)).toBeLessThanOrEqual(1);
  expect(server.fbp).toMatch(/^fb\.1\./);
  // The click of the address on which the visit began, which a router has tidied since.
  expect(server.fbc).toMatch(/\.Click$/);
});

test("denied drops what was held", async ({ page, shop }) => {
  const { posted } = await blank(page, shop.at("/denied"), PENDING);
  await run(page, (window) => {
    window.fbq("track", "Contact");
    window.capiBridge.setConsent("denied");
    window.fbq("track", "Contact");
    window.capiBridge.setConsent("granted");
    window.fbq("track", "Schedule");
  });
  await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["Schedule"]);
  await settle(page);
  expect(posted).toHaveLength(1);
});

test("withdrawal deletes the cookies, wherever they were written, and the stored events", async ({
  page,
  shop,
}) => {
  await page.route("**/bridge/events", (route) => route.abort());
  await blank(page, shop.at("/withdrawn?fbclid=Click"), bridge() + STUB + INIT);
  await run(page, (window) => {
    document.cookie = "_fbp=fb.2.1700000000000.1; path=/";
    document.cookie = "cart=full; path=/";
    localStorage.setItem("shop", "open");
    window.fbq("track", "Purchase", { value: 1, currency: "EUR", order_id: "7" });
  });
  await expect.poll(async () => (await kept(page)).stored.length).toBe(3);
  await run(page, (window) => window.capiBridge.setConsent("denied"));
  await expect.poll(() => kept(page)).toEqual({ cookies: ["cart"], stored: ["shop"] });
  await page.waitForTimeout(2500);
  expect(await kept(page)).toEqual({ cookies: ["cart"], stored: ["shop"] });
});

test("the pixel's own revoke holds, its grant releases, and neither overrules a refusal", async ({
  page,
  shop,
}) => {
  const { posted } = await blank(
    page,
    shop.at("/pixel-consent"),
    STUB + `<script>fbq("consent", "revoke");</script>` + bridge() + INIT,
  );
  await run(page, (window) => window.fbq("track", "Contact"));
  await settle(page);
  expect(posted).toEqual([]);
  expect(await kept(page)).toEqual(NOTHING);
  await run(page, (window) => window.fbq("consent", "grant"));
  await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["Contact"]);
  await run(page, (window) => {
    window.capiBridge.setConsent("denied");
    window.fbq("consent", "grant");
    window.fbq("track", "Schedule");
  });
  await settle(page);
  expect(posted).toHaveLength(1);
});

test("a revocation that the page says after our tag, and before anything else, comes before any cookie", async ({
  page,
  shop,
}) => {
  const { posted } = await blank(
    page,
    shop.at("/revoked?fbclid=Click"),
    bridge("") + STUB + `<script>fbq("consent", "revoke");</script>` + INIT,
  );
  await run(page, (window) => window.fbq("track", "Contact"));
  await settle(page);
  expect(await kept(page)).toEqual(NOTHING);
  expect(posted).toEqual([]);
  await run(page, (window) => window.fbq("consent", "grant"));
  await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["Contact"]);
  expect((await kept(page)).cookies).toEqual(["_fbc", "_fbp"]);
});

test("a revocation anywhere in the pixel's queue comes before any cookie, with a tag that is added later", async ({
  page,
  shop,
}) => {
  const { posted } = await blank(
    page,
    shop.at("/revoked-late?fbclid=Click"),
    STUB + INIT + `<script>fbq("track", "PageView"); fbq("consent", "revoke");</script>`,
  );
  await page.evaluate(
    () =>
      new Promise((done) => {
        const script = document.createElement("script");
        Object.assign(script, { src: "/bridge/capi-bridge.js", onload: done });
        document.head.append(script);
      }),
  );
  await settle(page);
  expect(await kept(page)).toEqual(NOTHING);
  expect(posted).toEqual([]);
});

test("what was gathered as consent was suspended goes once it is back", async ({ page, shop }) => {
  const { posted } = await blank(page, shop.at("/suspended"), bridge() + STUB + INIT);
  await settle(page);
  await run(page, (window) => {
    window.fbq("track", "Contact");
    window.fbq("consent", "revoke");
  });
  await settle(page);
  expect(posted).toEqual([]);
  await run(page, (window) => window.fbq("consent", "grant"));
  await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["Contact"]);
});

test.describe("Global Privacy Control", () => {
  test.beforeEach(({ page }) =>
    page.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true })),
  );

  test("is a refusal by default, also when the page grants", async ({ page, shop }) => {
    const { posted } = await blank(page, shop.at("/gpc"), bridge() + STUB + INIT);
    await run(page, (window) => {
      window.capiBridge.setConsent("granted");
      window.fbq("track", "Contact");
      window.capiBridge.track("Lead");
    });
    await settle(page);
    expect(posted).toEqual([]);
    expect(await kept(page)).toEqual(NOTHING);
  });

  test("limits the use of both copies where the page chose so", async ({ page, shop }) => {
    const { posted } = await blank(
      page,
      shop.at("/gpc-limit"),
      bridge(`data-datasets="1234567890" data-global-privacy-control="limit"`) + STUB + INIT,
    );
    await run(page, (window) => {
      window.fbq("dataProcessingOptions", []);
      window.fbq("track", "Contact");
    });
    await expect.poll(() => posted.length).toBe(1);
    expect(posted[0]).toMatchObject({
      data_processing_options: ["LDU"],
      data_processing_options_country: 0,
      data_processing_options_state: 0,
    });
    const calls = await run(page, (window) => window.fbq.queue.map((call) => Array.from(call).slice(0, 2)));
    expect(calls).toEqual([
      ["dataProcessingOptions", ["LDU"]],
      ["init", "1234567890"],
      ["track", "Contact"],
    ]);
  });
});

/** Which events of a page with this adapter get through, step by step. */
async function steps(page: Page, url: string, platform: string, adapter: string, scripts: string[]) {
  const { posted, errors } = await blank(
    page,
    url,
    platform + PENDING + `<script src="/bridge/capi-bridge-consent-${adapter}.js"></script>`,
  );
  const seen: string[][] = [];
  for (const [index, script] of ["", ...scripts].entries()) {
    await page.evaluate(script);
    await page.evaluate(`fbq("trackCustom", "Step${index}")`);
    await settle(page);
    seen.push(posted.map((event) => event.event_name));
  }
  expect(errors).toEqual([]);
  return seen;
}

test("Google's consent mode is followed: default, update, withdrawal", async ({ page, shop }) => {
  const gtag = (kind: string, word: string) =>
    `gtag("consent", "${kind}", { ad_storage: "${word}", ad_user_data: "${word}", analytics_storage: "granted" });`;
  const platform = `<script>window.dataLayer = []; function gtag() { dataLayer.push(arguments); }${gtag("default", "denied")}</script>`;
  const seen = await steps(page, shop.at("/google"), platform, "google", [
    gtag("update", "granted"),
    gtag("update", "denied"),
  ]);
  expect(seen).toEqual([[], ["Step0", "Step1"], ["Step0", "Step1"]]);
  expect((await kept(page)).cookies).toEqual([]);
});

test("Google's default for one region counts everywhere, as long as nobody says where the visitor is", async ({
  page,
  shop,
}) => {
  const platform = `<script>
    window.dataLayer = []; function gtag() { dataLayer.push(arguments); }
    gtag("consent", "default", { ad_storage: "granted", ad_user_data: "granted" });
    gtag("consent", "default", { ad_storage: "denied", ad_user_data: "denied", region: ["DE", "FR"] });
  </script>`;
  expect(await steps(page, shop.at("/google-region"), platform, "google", [])).toEqual([[]]);
});

test("TCF is followed: asking, agreeing, refusing one purpose", async ({ page, shop }) => {
  const platform = `<script>
    let tell; window.__tcfapi = (command, version, callback) => { tell = callback; say("cmpuishown", {}); };
    const say = (eventStatus, consents) => tell({ gdprApplies: true, eventStatus, purpose: { consents } }, true);
  </script>`;
  const seen = await steps(page, shop.at("/tcf"), platform, "tcf", [
    `say("useractioncomplete", { 1: true, 3: true, 4: true, 7: true })`,
    `say("useractioncomplete", { 1: true, 3: true, 4: false, 7: true })`,
  ]);
  expect(seen).toEqual([[], ["Step0", "Step1"], ["Step0", "Step1"]]);
});

test("TCF where GDPR does not apply grants, also when the platform comes late", async ({ page, shop }) => {
  const seen = await steps(page, shop.at("/tcf-late"), "", "tcf", [
    `window.__tcfapi = (command, version, callback) => callback({ gdprApplies: false }, true)`,
  ]);
  expect(seen).toEqual([[], ["Step0", "Step1"]]);
});

test("GPP is followed: not ready, ready, opted out", async ({ page, shop }) => {
  const platform = `<script>
    let tell, ping = { signalStatus: "not ready" };
    window.__gpp = (command, callback) => {
      if (command === "ping") callback(ping, true);
      else tell = (parsedSections) => {
        ping = { signalStatus: "ready", parsedSections };
        callback({ eventName: "signalStatus", pingData: ping }, true);
      };
    };
  </script>`;
  const seen = await steps(page, shop.at("/gpp"), platform, "gpp", [
    `tell({ usnat: [{ SaleOptOut: 2, SharingOptOut: 2, TargetedAdvertisingOptOut: 2 }, { Gpc: false }] })`,
    `tell({ usca: { SaleOptOut: 1, SharingOptOut: 2 } })`,
  ]);
  expect(seen).toEqual([[], ["Step0", "Step1"], ["Step0", "Step1"]]);
});

test("a visitor who withdraws consent before the second part is there has no cookies left", async ({
  page,
  context,
  shop,
}) => {
  await page.route("**/capi-bridge-deferred.js*", () => undefined);
  await blank(page, shop.at("/withdrawn-early?fbclid=Click"), bridge() + STUB + INIT);
  const names = async () =>
    (await context.cookies()).map(({ name }) => name).filter((name) => /^_fb/.test(name));
  await run(page, (window) => window.capiBridge.identifiers());
  await expect.poll(names).toHaveLength(2);
  await run(page, (window) => window.capiBridge.setConsent("denied"));
  await expect.poll(names).toEqual([]);
});
