// Tests that the page has no pixel before it has one, and that the bridge finds it then.

import { expect } from "@playwright/test";
import { blank, bridge, INIT, run, serverCopy, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const ID = expect.stringMatching(/^[0-9a-f]{32}$/) as unknown as string;

/** Meta's own snippet, as its Events Manager shows it, with a script that this page cannot load. */
const META = `!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){n.callMethod?
n.callMethod.apply(n,arguments):n.queue.push(arguments)};if(!f._fbq)f._fbq=n;
n.push=n;n.loaded=!0;n.version='2.0';n.queue=[];t=b.createElement(e);t.async=!0;
t.src=v;s=b.getElementsByTagName(e)[0];s.parentNode.insertBefore(t,s)}(window,
document,'script','/fbevents.js');`;

test("a page that loads the pixel after consent sees no fbq before, and its events have ids and server copies", async ({
  page,
  shop,
}) => {
  const { errors, posted } = await blank(page, shop.at("/consent-first"), bridge());
  const before = await page.evaluate(() =>
    ["fbq", "_fbq"].map((name) => [
      name in window,
      Object.hasOwn(window, name),
      typeof (window as never)[name],
    ]),
  );
  expect(before).toEqual([
    [false, false, "undefined"],
    [false, false, "undefined"],
  ]);
  // The page of a bug report.
  await page.addScriptTag({
    content: `
      function loadPixel() { ${META} fbq("init", "1234567890"); fbq("track", "PageView"); }
      if ("fbq" in window) fbq("track", "Lead"); else loadPixel();`,
  });
  await page.evaluate(`fbq("track", "Contact")`);
  await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["PageView", "Contact"]);
  const calls = await run(page, (window) => window.fbq.queue.map((call) => Array.from(call)));
  expect(calls).toEqual([
    ["init", "1234567890"],
    ["track", "PageView", {}, { eventID: posted[0]!.event_id }],
    ["track", "Contact", {}, { eventID: posted[1]!.event_id }],
  ]);
  // Meta's script takes the page for one with two pixels where they differ.
  expect(await page.evaluate(`window.fbq === window._fbq`)).toBe(true);
  expect(errors).toEqual([]);
});

test("a snippet further down the page is found before its script runs", async ({ page, shop }) => {
  await page.route("**/fbevents.js", (route) =>
    route.fulfill({
      contentType: "text/javascript",
      body: `window.taken = fbq.queue.splice(0).map((call) => Array.from(call)); fbq.callMethod = (...call) => taken.push(call);`,
    }),
  );
  await blank(
    page,
    shop.at("/snippet"),
    `${bridge()}<script>${META} fbq("init", "1234567890"); fbq("track", "PageView");</script>`,
  );
  await page.waitForFunction("window.taken");
  await page.evaluate(`fbq("track", "Contact")`);
  expect(await page.evaluate("taken")).toEqual([
    ["init", "1234567890"],
    ["track", "PageView", {}, { eventID: ID }],
    ["track", "Contact", {}, { eventID: ID }],
  ]);
});

test("a pixel in a var, and one that replaces it, is found", async ({ page, shop }) => {
  const { posted } = await blank(
    page,
    shop.at("/var"),
    `${bridge()}<script>var fbq = function () { fbq.queue.push(arguments); }; fbq.queue = [];</script>${INIT}`,
  );
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => posted.length).toBe(1);
  await run(page, async (window) => {
    const { queue } = window.fbq;
    window.fbq = Object.assign((...call: unknown[]) => void queue.push(call), { queue }) as never;
    document.body.append("changed");
    await Promise.resolve();
    window.fbq("track", "Schedule");
  });
  await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["Contact", "Schedule"]);
});

test("an element with the id fbq is no pixel, and stays", async ({ page, shop }) => {
  const { errors } = await blank(page, shop.at("/element"), `${bridge()}<meta id="fbq"><p>`);
  expect(
    await page.evaluate(`fbq instanceof Element && document.body.append("x"), fbq instanceof Element`),
  ).toBe(true);
  await run(page, (window) => window.capiBridge.track("Lead"));
  await serverCopy(shop, "Lead");
  expect(errors).toEqual([]);
});

test("a page without analytics.js has no analytics, and the adapter finds it when it comes", async ({
  page,
  shop,
}) => {
  const adapter = `<script src="/bridge/capi-bridge-segment.js"></script>`;
  const { errors } = await blank(page, shop.at("/no-analytics"), bridge() + adapter);
  expect(await page.evaluate(`"analytics" in window`)).toBe(false);
  const added = await page.evaluate(async () => {
    const found = window as unknown as { analytics: object; added: number };
    found.added = 0;
    found.analytics = { addSourceMiddleware: () => found.added++ };
    document.head.append(document.createElement("script"));
    await Promise.resolve();
    return found.added;
  });
  expect(added).toBe(1);
  expect(errors).toEqual([]);
});

test("Meta's script that ran before the tag tells the datasets: by the sandbox's stand-in, too", async ({
  page,
  shop,
}) => {
  // The tag is added by a tag manager, after the pixel of the sandbox has taken its queue.
  const { posted } = await blank(
    page,
    shop.at("/injected"),
    `${STUB}${INIT}<script src="${shop.sandboxUrl}/fbevents.js"></script>`,
  );
  await page.waitForFunction("fbq.callMethod");
  expect(await page.evaluate("fbq.getState()")).toEqual({ pixels: [{ id: "1234567890" }] });
  await page.evaluate(
    () =>
      new Promise((done) => {
        const script = document.createElement("script");
        script.src = "/bridge/capi-bridge.js";
        script.onload = done;
        document.head.append(script);
      }),
  );
  await run(page, (window) => window.fbq("track", "Lead"));
  await expect
    .poll(() => posted.map((event) => [event.event_name, event.dataset_id]))
    .toEqual([["Lead", "1234567890"]]);
});
