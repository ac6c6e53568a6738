// Tests the script's work before the page goes on: it reads and writes cookies as rarely as possible.

import { type BrowserContext, expect, type Page } from "@playwright/test";
import { blank, bridge, run, STUB } from "./blank.ts";
import { test } from "./shop.ts";

/** The handler of the tag runs as soon as the script has, before any other task. */
const APP = STUB + bridge(`data-datasets="1234567890" onload="window.whenRun?.()"`);
/** Hosts, the domain of their cookies, and the number of writes until a new cookie is kept. */
const HOSTS = [
  { host: "www.shop.example", domain: ".shop.example", tries: 1 },
  { host: "www.shop.example.co.uk", domain: ".example.co.uk", tries: 2 },
  { host: "localhost", domain: "localhost", tries: 1 },
];
const DAY_SECONDS = 86_400;

/** The accesses to `document.cookie`: the number of reads, and the names of the written cookies. */
interface Done {
  reads: number;
  written: string[];
}

/** Makes each page record its accesses to cookies. Writes of the cookies in `held` have no effect. */
async function watchCookies(page: Page, held = ""): Promise<void> {
  await page.addInitScript((held) => {
    const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie") as {
      get(): string;
      set(cookie: string): void;
    };
    const window = globalThis as unknown as { done: Done; held: string };
    window.done = { reads: 0, written: [] };
    window.held = held;
    Object.defineProperty(Document.prototype, "cookie", {
      get() {
        window.done.reads++;
        return get.call(this);
      },
      set(cookie: string) {
        const [name] = cookie.split("=") as [string];
        window.done.written.push(name);
        if (!window.held.split(" ").includes(name)) set.call(this, cookie);
      },
    });
  }, held);
}

/** Opens a page. Returns its accesses to cookies until its scripts had run. */
async function doneAtStart(page: Page, url: string): Promise<Done> {
  const keep = `addEventListener("DOMContentLoaded", () => { window.atStart = structuredClone(done); });`;
  const whenRun = `<script>whenRun = () => { window.afterScript = structuredClone(done); };</script>`;
  await blank(page, url, `${whenRun}${APP}<script>${keep}</script>`);
  // The script itself reads no cookie: it takes its time, and another script of the page may revoke consent.
  expect(await page.evaluate("afterScript")).toEqual({ reads: 0, written: [] });
  return page.evaluate(() => (globalThis as unknown as { atStart: Done }).atStart);
}

async function stored(context: BrowserContext, name: string) {
  const cookies = await context.cookies();
  return cookies.filter((cookie) => cookie.name === name);
}

for (const { host, domain, tries } of HOSTS) {
  test(`a first view on ${host} writes its cookies until they are kept, and looks after each time`, async ({
    page,
    context,
    shop,
  }) => {
    await watchCookies(page);
    const done = await doneAtStart(page, shop.at("/first?fbclid=Click", host));
    // One more, if the document is not parsed yet when the second part is asked for.
    expect(done.reads - tries).toBeGreaterThanOrEqual(1);
    expect(done.reads - tries).toBeLessThanOrEqual(2);
    expect(done.written).toEqual(Array.from({ length: tries }, () => ["_fbp", "_fbc"]).flat());
    const { fbp, fbc } = await run(page, (window) => window.capiBridge.identifiers());
    const cookies = await context.cookies();
    expect(cookies.map((cookie) => [cookie.name, cookie.value, cookie.domain]).sort()).toEqual([
      ["_fbc", fbc, domain],
      ["_fbp", fbp, domain],
    ]);
  });

  test(`a cookie on ${host} that is near its end is written again where it is, and leaves no trace of the search`, async ({
    page,
    context,
    shop,
  }) => {
    const now = Math.floor(Date.now() / 1000);
    const cookie = { name: "_fbp", value: `fb.1.${(now - 70 * DAY_SECONDS) * 1000}.1`, domain, path: "/" };
    await context.addCookies([{ ...cookie, expires: now + 20 * DAY_SECONDS }]);
    await blank(page, shop.at("/again", host), APP);
    expect(await context.cookies()).toMatchObject([
      { ...cookie, expires: expect.closeTo(now + 90 * DAY_SECONDS, -2) as unknown },
    ]);
  });
}

test("a cookie that was held back by its name is for the domain, too, once it may be written", async ({
  page,
  context,
  shop,
}) => {
  // Consent platforms block cookies like this.
  await watchCookies(page, "_fbp _fbc");
  await blank(page, shop.at("/held"), APP);
  expect(await run(page, (window) => window.capiBridge.identifiers())).toEqual({});
  const { fbp } = await run(page, (window) => {
    (window as unknown as { held: string }).held = "";
    document.cookie = "consent=yes";
    return window.capiBridge.identifiers();
  });
  expect(await stored(context, "_fbp")).toMatchObject([{ value: fbp, domain: ".shop.example" }]);
});

test("the second part is asked for once the script has run, in a task of its own", async ({ page, shop }) => {
  await page.addInitScript(() => {
    const tasks: (() => void)[] = [];
    Object.assign(window, { tasks, setTimeout: (task: () => void) => tasks.push(task) });
  });
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await blank(page, shop.at("/task"), APP);
  await page.evaluate(() => fetch("/bridge/health"));
  expect(asked).not.toContain("/bridge/capi-bridge-deferred.js");
  await page.evaluate(() => {
    for (const task of (window as unknown as { tasks: (() => void)[] }).tasks) task();
  });
  await expect.poll(() => asked).toContain("/bridge/capi-bridge-deferred.js");
});

test("a browser without base64 of its own starts as well", async ({ page, shop }) => {
  await page.addInitScript(() => {
    delete (Uint8Array as { fromBase64?: unknown }).fromBase64;
  });
  const { errors, warnings } = await blank(page, shop.at("/older"), APP);
  const { fbp } = await run(page, (window) => window.capiBridge.identifiers());
  expect(fbp).toMatch(/^fb\.1\.\d{13}\.\d+$/);
  expect([...errors, ...warnings]).toEqual([]);
});

test("WebAssembly starts when it is first needed: after the script has run, or with the first call of the pixel", async ({
  page,
  shop,
}) => {
  await page.addInitScript(() => {
    const { Module } = WebAssembly;
    Object.assign(window, { compiled: 0 });
    WebAssembly.Module = new Proxy(Module, {
      construct(target, call) {
        (window as unknown as { compiled: number }).compiled++;
        return Reflect.construct(target, call) as object;
      },
    });
  });
  const whenRun = `<script>whenRun = () => { window.afterScript = compiled; };</script>`;
  const call = `<script>fbq("init", "1234567890"); fbq("track", "Contact"); window.afterCall = compiled;</script>`;
  const head = whenRun + APP + call;
  const { posted } = await blank(page, shop.at("/needed"), head);
  expect(await page.evaluate("[afterScript, afterCall]")).toEqual([0, 1]);
  await expect.poll(() => posted.length).toBe(1);
  // One compilation serves all calls.
  expect(await page.evaluate("compiled")).toBe(1);
});

test("a page whose consent is pending starts no WebAssembly and reads no cookie", async ({ page, shop }) => {
  await watchCookies(page);
  await page.addInitScript(() => {
    WebAssembly.Module = new Proxy(WebAssembly.Module, {
      construct() {
        throw new Error("not yet");
      },
    });
  });
  const { errors, warnings } = await blank(
    page,
    shop.at("/not-yet"),
    STUB + bridge(`data-consent="pending"`),
  );
  await page.waitForTimeout(500);
  expect(await page.evaluate("done")).toEqual({ reads: 0, written: [] });
  expect([...errors, ...warnings]).toEqual([]);
});
