// Tests pages that block the bridge: the page and the pixel work as before, and one warning names the remedy.

import { expect } from "@playwright/test";
import { blank, bridge, INIT, run, settle, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const APP = bridge() + STUB + INIT;

test("a policy without wasm-unsafe-eval", async ({ page, shop }) => {
  const { errors, warnings, posted } = await blank(page, shop.at("/policy"), APP, {
    "content-security-policy": "script-src 'self' 'unsafe-inline'",
  });
  const outcome = await run(page, async (window) => {
    window.fbq("track", "Contact");
    return {
      call: Array.from(window.fbq.queue.at(-1) ?? []),
      id: window.capiBridge.track("Lead").eventId,
      prepared: window.capiBridge.prepare("Lead"),
      status: (await fetch("/")).status,
    };
  });
  expect(outcome).toEqual({ call: ["track", "Contact"], id: "", prepared: "", status: 200 });
  await settle(page);
  expect(posted).toEqual([]);
  expect(errors).toEqual([]);
  expect(warnings.filter((text) => text.startsWith("capi-bridge"))).toHaveLength(1);
  expect(warnings.join()).toContain("wasm-unsafe-eval");
});

test("WebAssembly that fails for another reason: the warning has the reason, and only asks about the policy", async ({
  page,
  shop,
}) => {
  await page.addInitScript(() => {
    WebAssembly.Module = class {
      constructor() {
        throw new WebAssembly.CompileError("byte 17 is damaged");
      }
    } as unknown as typeof WebAssembly.Module;
  });
  const { errors, warnings } = await blank(page, shop.at("/damaged"), APP);
  expect(warnings).toEqual([
    expect.stringMatching(/^capi-bridge: no WebAssembly\. Does a policy lack [^]*\?[^]*byte 17 is damaged/),
  ]);
  expect(errors).toEqual([]);
});

test("the policy of the documentation, with a nonce", async ({ page, shop }) => {
  const nonce = (tags: string) => tags.replaceAll("<script", `<script nonce="n0nce"`);
  const { errors, warnings, posted } = await blank(page, shop.at("/nonce"), nonce(APP), {
    "content-security-policy": "script-src 'nonce-n0nce' 'wasm-unsafe-eval'; connect-src 'self'",
  });
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => posted.length).toBe(1);
  expect(errors).toEqual([]);
  expect(warnings).toEqual([]);
});

test('without WebAssembly pixel: "drive" still calls the pixel', async ({ page, shop }) => {
  await page.addInitScript(() => {
    delete (globalThis as { WebAssembly?: unknown }).WebAssembly;
  });
  await blank(page, shop.at("/drive-no-wasm"), bridge(`data-pixel="drive"`) + STUB + INIT);
  const call = await run(page, (window) => {
    window.capiBridge.track("Contact", { how: "phone" });
    return Array.from(window.fbq.queue.at(-1) ?? []);
  });
  expect(call).toEqual(["track", "Contact", { how: "phone" }]);
});

test("a second part that cannot be loaded", async ({ page, shop }) => {
  await page.route("**/capi-bridge-deferred.js*", (route) => route.abort());
  const { errors, warnings } = await blank(page, shop.at("/half"), APP);
  const call = await run(page, (window) => {
    window.fbq("track", "Contact");
    return Array.from(window.fbq.queue.at(-1) ?? []);
  });
  expect(call).toEqual([
    "track",
    "Contact",
    {},
    { eventID: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown as string },
  ]);
  await settle(page);
  expect(errors).toEqual([]);
  expect(warnings.filter((text) => text.startsWith("capi-bridge"))).toHaveLength(1);
});

test("blocked cookies: no identifier is made up, and the events go", async ({ page, shop }) => {
  await page.addInitScript(() => {
    Object.defineProperty(Document.prototype, "cookie", { get: () => "", set: () => undefined });
  });
  const { errors, warnings, posted } = await blank(page, shop.at("/no-cookies?fbclid=Click"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => posted.length).toBe(1);
  expect(posted[0]?.user_data["fbp"]).toBeUndefined();
  expect(posted[0]?.user_data["fbc"]).toMatch(/\.Click$/);
  // A visitor may block cookies. That is no mistake of the page.
  expect([...errors, ...warnings]).toEqual([]);
});

test("a sandboxed frame, where cookies and storage throw", async ({ page, shop }) => {
  await page.route(shop.at("/framed"), (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<!doctype html>${APP}<script>fbq("track", "Contact");</script>`,
    }),
  );
  const { errors, warnings } = await blank(
    page,
    shop.at("/frame"),
    `<iframe sandbox="allow-scripts" src="/framed"></iframe>`,
  );
  const frame = page.frames().find((each) => each.url().endsWith("/framed"));
  await frame?.waitForLoadState();
  const calls = await frame?.evaluate(() =>
    (window as unknown as { fbq: { queue: ArrayLike<unknown>[] } }).fbq.queue.map((call) => Array.from(call)),
  );
  expect(calls).toEqual([
    ["init", "1234567890"],
    ["track", "Contact"],
  ]);
  await settle(page);
  expect(errors).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/^capi-bridge: failed; the page goes on\. SecurityError/)]);
});

test("a document that is not HTML", async ({ page, shop }) => {
  await page.route(shop.at("/image.svg"), (route) =>
    route.fulfill({
      contentType: "image/svg+xml",
      body: `<svg xmlns="http://www.w3.org/2000/svg"><script href="/bridge/capi-bridge.js"/></svg>`,
    }),
  );
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(shop.at("/image.svg"));
  await settle(page);
  expect(errors).toEqual([]);
  expect(await page.evaluate(() => typeof (window as { capiBridge?: unknown }).capiBridge)).toBe("object");
});

test("a page that is rendered before it is wanted sends nothing until it is", async ({
  page,
  context,
  shop,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(document, "prerendering", { value: true, configurable: true });
  });
  const { posted, warnings } = await blank(page, shop.at("/prerendered"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await settle(page);
  expect([...posted, ...warnings]).toEqual([]);
  expect(await context.cookies()).toEqual([]);
  await page.evaluate(() => {
    Object.defineProperty(document, "prerendering", { value: false });
    document.dispatchEvent(new Event("prerenderingchange"));
  });
  await expect.poll(() => posted.length).toBe(1);
});
