// Tests the bridge in frames without an address of their own.

import { expect, type Frame } from "@playwright/test";
import { blank, bridge, INIT, type PageWindow, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const APP = bridge() + STUB + INIT;
const quoted = (html: string) => html.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
const inFrame = <T>(frame: Frame | undefined, script: (window: PageWindow) => T | Promise<T>) =>
  frame!.evaluate(`(${script.toString()})(window)`) as Promise<T>;

for (const [what, html] of [
  ["srcdoc", `<iframe srcdoc="${quoted(APP)}"></iframe>`],
  [
    "srcdoc within srcdoc",
    `<iframe srcdoc="${quoted(`<iframe srcdoc="${quoted(APP)}"></iframe>`)}"></iframe>`,
  ],
]) {
  test(`in ${what} the page that embeds it counts: address, click, origin`, async ({
    page,
    context,
    shop,
  }) => {
    const url = shop.at("/embeds?fbclid=Click");
    const { posted, errors, warnings } = await blank(page, url, `</head><body>${html}`);
    const frame = page.frames().at(-1);
    await frame?.waitForFunction("window.capiBridge");
    let headers: Record<string, string> = {};
    await page.route("**/echo", async (route) => {
      headers = await route.request().allHeaders();
      await route.fulfill({ body: "ok" });
    });
    const identifiers = await inFrame(frame, async (window) => {
      window.fbq("track", "Lead");
      await fetch("/echo");
      return window.capiBridge.identifiers();
    });
    await expect.poll(() => posted.length).toBe(1);
    expect(posted[0]?.event_source_url).toBe(url);
    expect(posted[0]?.user_data).toMatchObject(identifiers);
    expect(identifiers.fbc).toMatch(/\.Click$/);
    expect(headers["x-capi-fbp"]).toBe(identifiers.fbp);
    const cookies = Object.fromEntries((await context.cookies()).map(({ name, value }) => [name, value]));
    // The worker's answer may also have set the time at which it wrote them again.
    expect(cookies).toMatchObject({ _fbp: identifiers.fbp, _fbc: identifiers.fbc });
    expect([...errors, ...warnings]).toEqual([]);
  });
}

test("in a sandboxed srcdoc the pixel's calls pass, and nothing else happens", async ({ page, shop }) => {
  const { posted, errors } = await blank(
    page,
    shop.at("/sandboxes?fbclid=Click"),
    `</head><body><iframe sandbox="allow-scripts" srcdoc="${quoted(APP)}"></iframe>`,
  );
  const frame = page.frames().at(-1);
  await frame?.waitForFunction("window.fbq");
  const call = await inFrame(frame, (window) => {
    window.fbq("track", "Lead");
    return Array.from(window.fbq.queue.at(-1) ?? []);
  });
  expect(call).toEqual(["track", "Lead"]);
  await page.waitForTimeout(900);
  expect(posted).toEqual([]);
  expect(errors).toEqual([]);
});
