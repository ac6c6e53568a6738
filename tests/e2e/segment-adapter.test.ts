// Tests the adapter for analytics.js with Segment's own library: the fields of events, by way of loading.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { ROOT } from "../support/sandbox.ts";
import { blank, bridge, INIT, type PageWindow, run, settle, STUB } from "./blank.ts";
import { test } from "./shop.ts";

interface Event {
  messageId: string;
  properties: Record<string, unknown>;
  integrations: Record<string, unknown>;
}
interface SegmentWindow extends PageWindow {
  analytics: {
    track(event: string, properties?: object): unknown;
    identify(userId: string): unknown;
    instance?: unknown;
    queue?: { plugins: { name: string }[] };
  };
  /** The events that reached the destination. */
  seen: Event[];
}

const ADAPTER = `<script src="/bridge/capi-bridge-segment.js"></script>`;
const CDN = "https://cdn.segment.com";
/** A destination that stores its events in `seen`. */
const KEEP = `{ name: "Keep", type: "destination", version: "1.0.0", isLoaded: () => true, load: async () => undefined,
  track: async (context) => (seen.push(context.event), context),
  page: async (context) => (seen.push(context.event), context) }`;
/** Segment's snippet before analytics.js has loaded: a list of calls, with methods and a write key. */
const SNIPPET = `<script>
  window.seen = [];
  {
    const analytics = (window.analytics = window.analytics || []);
    for (const method of ["track", "page", "identify", "register", "addSourceMiddleware"]) {
      analytics[method] = (...call) => (analytics.push([method, ...call]), analytics);
    }
    Object.assign(analytics, { _writeKey: "key", _loadOptions: { integrations: { "Segment.io": false } } });
    const script = Object.assign(document.createElement("script"), { src: "${CDN}/analytics.js/v1/key/analytics.min.js" });
    document.head.append(script);
    analytics.register(${KEEP});
  }
</script>`;
/** The library from npm, which takes calls from the first moment on. */
const NPM = `<script src="/analytics-next.js"></script><script>
  window.seen = [];
  window.analytics = AnalyticsNext.AnalyticsBrowser.load(
    { writeKey: "key", cdnSettings: { integrations: {} }, plugins: [${KEEP}] },
    { integrations: { "Segment.io": false } },
  );
</script>`;

/** Serves Segment's files as its content delivery network does. */
test.beforeEach(async ({ page }) => {
  const file = (path: string) => ({
    contentType: "text/javascript",
    body: readFileSync(join(ROOT, path), "utf8"),
  });
  const umd = "node_modules/@segment/analytics-next/dist/umd";
  await page.route(`${CDN}/**`, (route) => route.fulfill({ json: { integrations: {} } }));
  await page.route(`${CDN}/analytics.js/**`, (route) => route.fulfill(file(`${umd}/standalone.js`)));
  await page.route("**/analytics-next.js", (route) => route.fulfill(file(`${umd}/index.js`)));
  await page.route("**/segment.js", (route) => route.fulfill(file("dist/segment.js")));
});

const inPage = <T>(page: Page, script: (window: SegmentWindow) => T | Promise<T>) =>
  run(page, script as unknown as (window: PageWindow) => T | Promise<T>);

/** Returns the one event that reached the destination since the last call. */
async function seen(page: Page): Promise<Event> {
  await page.waitForFunction("seen.length > 0");
  const events = await inPage(page, (window) => window.seen.splice(0));
  expect(events).toHaveLength(1);
  return events[0]!;
}

for (const [where, head] of [
  ["the snippet after us", bridge() + ADAPTER + SNIPPET],
  ["the snippet before us", SNIPPET + bridge() + ADAPTER],
  ["the library from npm after us", bridge() + ADAPTER + NPM],
  ["the library from npm before us", NPM + bridge() + ADAPTER],
] as const) {
  test(`with ${where} an event carries fbp, fbc and the id that was prepared, once`, async ({
    page,
    shop,
  }) => {
    await blank(page, shop.at("/segment?fbclid=Click"), head);
    const prepared = await inPage(page, (window) => {
      const id = window.capiBridge.prepare("AddToCart");
      window.analytics.track("Product added", { product_id: "SKU-1" });
      return id;
    });
    const first = await seen(page);
    const identifiers = await inPage(page, (window) => window.capiBridge.identifiers());
    expect(identifiers.fbc).toMatch(/\.Click$/);
    expect(first.properties).toEqual({
      product_id: "SKU-1",
      fbp: identifiers.fbp,
      fbc: identifiers.fbc,
    });
    expect(first.messageId).toBe(prepared);
    expect(first.integrations).not.toHaveProperty("Facebook Conversions API (Actions)");

    await inPage(page, (window) => window.analytics.track("Product Added"));
    const second = await seen(page);
    expect(second.messageId).toMatch(/^ajs-next-/);
    // The adapter has registered once, in any order of loading.
    const middlewares = await page.evaluate(
      "(analytics.instance ?? analytics).queue.plugins.filter(({ name }) => name.startsWith('Source Middleware')).length",
    );
    expect(middlewares).toBe(1);
  });
}

test("an order's event has the id of its order, and what the page says itself stays", async ({
  page,
  shop,
}) => {
  await blank(page, shop.at("/own"), bridge() + ADAPTER + NPM);
  await inPage(page, (window) => window.analytics.track("Order Completed", { order_id: 1001, fbp: "own" }));
  const order = await seen(page);
  // The first 32 hexadecimal characters of SHA-256 of "Purchase:1001", by sha256sum.
  expect(order.messageId).toBe("6e4c78d82a753cc5ca23e87024551922");
  expect(order.properties).toEqual({ order_id: 1001, fbp: "own" });
});

test("a page says what its worker calls events that the table has otherwise", async ({ page, shop }) => {
  const module = `<script type="module">
    import { follow } from "/segment.js";
    follow(capiBridge, analytics, { names: { "Trial Started": "StartTrial" } });
    window.following = true;
  </script>`;
  await blank(page, shop.at("/names"), bridge() + NPM + module);
  await page.waitForFunction("window.following");
  const prepared = await inPage(page, (window) => {
    const id = window.capiBridge.prepare("StartTrial");
    window.analytics.track("Trial Started");
    return id;
  });
  expect((await seen(page)).messageId).toBe(prepared);
});

test("before consent, and after its withdrawal, an event carries nothing and is kept from Meta's server destination", async ({
  page,
  shop,
}) => {
  const pending = bridge(`data-datasets="1234567890" data-consent="pending"`);
  await blank(page, shop.at("/consent?fbclid=Click"), pending + ADAPTER + NPM);
  for (const consent of ["pending", "granted", "denied"]) {
    await page.evaluate(`capiBridge.setConsent("${consent}")`);
    await inPage(page, (window) => window.analytics.track("Product Viewed", { product_id: "SKU-1" }));
    const { properties, integrations, messageId } = await seen(page);
    const turnedOff = integrations["Facebook Conversions API (Actions)"];
    expect(messageId).toMatch(/^ajs-next-/);
    if (consent === "granted") {
      expect(Object.keys(properties).sort()).toEqual(["fbc", "fbp", "product_id"]);
      expect(turnedOff).toBeUndefined();
    } else {
      expect(properties).toEqual({ product_id: "SKU-1" });
      expect(turnedOff).toBe(false);
      expect((await page.context().cookies()).map(({ name }) => name)).not.toContain("_fbp");
    }
  }
});

test("with Global Privacy Control an event carries nothing and is kept from Meta's server destination", async ({
  page,
  shop,
}) => {
  const signal = `<script>Object.defineProperty(navigator, "globalPrivacyControl", { value: true })</script>`;
  await blank(page, shop.at("/privacy?fbclid=Click"), signal + bridge() + ADAPTER + NPM);
  await inPage(page, (window) => window.analytics.track("Order Completed", { order_id: "7" }));
  const { properties, integrations, messageId } = await seen(page);
  expect(properties).toEqual({ order_id: "7" });
  expect(messageId).toMatch(/^ajs-next-/);
  expect(integrations["Facebook Conversions API (Actions)"]).toBe(false);
});

test("where something fails, an event goes on as it was", async ({ page, shop }) => {
  const { errors } = await blank(page, shop.at("/fails"), bridge() + ADAPTER + NPM);
  await page.evaluate(`capiBridge.carry = () => { throw new Error("broken") }`);
  await inPage(page, (window) => window.analytics.track("Order Completed", { order_id: "7" }));
  const event = await seen(page);
  expect(event.properties).toEqual({ order_id: "7" });
  expect(event.messageId).toMatch(/^ajs-next-/);
  expect(errors).toEqual([]);
});

test("without WebAssembly, without our script, and on a page without analytics.js, everything goes on as it was", async ({
  page,
  shop,
}) => {
  const policy = { "content-security-policy": "script-src 'self' 'unsafe-inline'" };
  for (const [path, head] of [
    ["/no-wasm", bridge() + ADAPTER + NPM],
    ["/no-script", ADAPTER + NPM],
  ] as const) {
    const { errors } = await blank(page, shop.at(path), head, policy);
    await inPage(page, (window) => window.analytics.track("Product Viewed", { product_id: "SKU-1" }));
    expect((await seen(page)).properties).toEqual({ product_id: "SKU-1" });
    expect(errors).toEqual([]);
  }
  const { errors } = await blank(page, shop.at("/no-analytics"), bridge() + ADAPTER);
  expect(await page.evaluate("typeof analytics")).toBe("undefined");
  expect(errors).toEqual([]);
});

test("the pixel's own copies say who Segment takes the visitor for, where the pixel's init says nobody", async ({
  page,
  shop,
}) => {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const { posted } = await blank(page, shop.at("/who"), bridge() + ADAPTER + STUB + INIT + NPM);
  const who = async (event: string) => {
    await inPage(page, (window) => window.analytics.track("Product Viewed"));
    await seen(page);
    await page.evaluate(`fbq("track", "${event}")`);
    await expect.poll(() => posted.some(({ event_name }) => event_name === event)).toBe(true);
    return posted.find(({ event_name }) => event_name === event)?.user_data["external_id"];
  };
  const anonymousId = () => page.evaluate<string>("analytics.instance.user().anonymousId()");
  expect(await who("Contact")).toEqual([hash(await anonymousId())]);
  await inPage(page, (window) => window.analytics.identify("user_42"));
  // SHA-256 of user_42, of Segment's reference.
  expect(await who("Schedule")).toEqual(["573baabb5ca42a23f3a118d027eadd8dc9bed70e40708a1b1ed9410b00feed0e"]);

  const other = `<script>fbq("init", "1234567890", { external_id: "crm-1" })</script>`;
  await blank(page, shop.at("/who-else"), bridge() + ADAPTER + STUB + other + NPM);
  expect(await who("Lead")).toEqual([hash("crm-1")]);
  await settle(page);
});
