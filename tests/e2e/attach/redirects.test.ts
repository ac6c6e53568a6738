// A request that the server redirects to another origin works as without the bridge, whatever that origin allows.

import { expect, type Page } from "@playwright/test";
import { HEADERS, type Site, test } from "./page.ts";

/** An address of the own origin that is redirected to one of another origin, which refuses headers of ours. */
const redirected = (site: Site, name: string, status = 302) =>
  `/echo/${name}?status=${status}&redirect=${encodeURIComponent(`${site.foreign}/echo/target?refuse`)}`;

/** Returns which of the requests to this path carried. */
const carried = (site: Site, name: string) =>
  site.recorder
    .received(name)
    .map(({ headers }) => headers.some(([key]) => key.toLowerCase() === "x-capi-event-id"));

/** Asks by `fetch`. Returns the status, or the error's name. */
const byFetch = (page: Page, url: string, init: RequestInit = {}) =>
  page.evaluate(
    ([url, init]) =>
      fetch(url, init).then(
        ({ status }) => status,
        ({ name }: Error) => name,
      ),
    [url, init] as const,
  );

/** Asks by XHR. Returns the status: 0 for an error. */
const byXhr = (page: Page, method: string, url: string) =>
  page.evaluate(
    async ([method, url]) => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      request.send(method === "POST" ? "x" : null);
      await new Promise((done) => request.addEventListener("loadend", done));
      return request.status;
    },
    [method, url] as const,
  );

for (const method of ["GET", "HEAD"]) {
  test(`a ${method} by fetch is sent once more, and its path is left alone from then on`, async ({
    site,
  }) => {
    const page = await site.open();
    const url = redirected(site, "export");
    expect(await byFetch(page, url, { method })).toBe(200);
    expect(carried(site, "export")).toEqual([true, false]);
    expect(await byFetch(page, url, { method })).toBe(200);
    expect(await byFetch(page, "/echo/export?another")).toBe(200);
    expect(carried(site, "export")).toEqual([true, false, false, false]);
    // Other paths carry as before.
    await byFetch(page, "/echo/other");
    expect(site.carried("other")).toEqual(HEADERS);
  });
}

test("a Request is sent once more, too, as the page made it", async ({ site }) => {
  const page = await site.open();
  const status = await page.evaluate(
    async (url) => (await fetch(new Request(url, { headers: { accept: "text/x" } }))).status,
    redirected(site, "request"),
  );
  expect(status).toBe(200);
  expect(carried(site, "request")).toEqual([true, false]);
  expect(
    site.recorder.received("request")[1]?.headers.map(([key, value]) => [key.toLowerCase(), value]),
  ).toContainEqual(["accept", "text/x"]);
});

test("a POST by fetch is never sent twice; it fails once, and its path is left alone", async ({ site }) => {
  const page = await site.open();
  const url = redirected(site, "order", 307);
  expect(await byFetch(page, url, { method: "POST", body: "x" })).toBe("TypeError");
  expect(carried(site, "order")).toEqual([true]);
  expect(await byFetch(page, url, { method: "POST", body: "x" })).toBe(200);
  expect(carried(site, "order")).toEqual([true, false]);
});

test("a request that fails without us as well fails as before, and its path still carries", async ({
  site,
}) => {
  const page = await site.open();
  await page.route("**/echo/gone?fails", (route) => route.abort());
  expect(await byFetch(page, "/echo/gone?fails")).toBe("TypeError");
  expect(await byFetch(page, "/echo/gone")).toBe(200);
  expect(carried(site, "gone")).toEqual([true]);
});

test("a request that is aborted, or wants no redirect, is not sent again", async ({ site }) => {
  const page = await site.open();
  const aborted = await page.evaluate(() => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 200);
    return fetch("/echo/aborted?slow", { signal: abort.signal }).catch(({ name }: Error) => name);
  });
  expect(aborted).toBe("AbortError");
  expect(await byFetch(page, redirected(site, "strict"), { redirect: "error" })).toBe("TypeError");
  await page.waitForTimeout(300);
  expect(carried(site, "aborted")).toEqual([true]);
  expect(carried(site, "strict")).toEqual([true]);
});

test("a GET by XHR works each time: it carries only on a path that has stayed at its origin", async ({
  site,
}) => {
  const page = await site.open();
  for (const _ of [1, 2, 3]) expect(await byXhr(page, "GET", redirected(site, "export"))).toBe(200);
  expect(carried(site, "export")).toEqual([false, false, false]);
  for (const _ of [1, 2, 3]) expect(await byXhr(page, "GET", "/echo/stays")).toBe(200);
  expect(carried(site, "stays")).toEqual([false, true, true]);
});

test("a path that stayed and then is redirected fails once by XHR, and is left alone", async ({ site }) => {
  const page = await site.open();
  for (const url of ["/echo/turns", "/echo/turns"]) expect(await byXhr(page, "GET", url)).toBe(200);
  expect(await byXhr(page, "GET", redirected(site, "turns"))).toBe(0);
  expect(await byXhr(page, "GET", redirected(site, "turns"))).toBe(200);
  expect(carried(site, "turns")).toEqual([false, true, true, false]);
});

test("a POST by XHR fails once, and its path is left alone", async ({ site }) => {
  const page = await site.open();
  const url = redirected(site, "order", 307);
  expect(await byXhr(page, "POST", url)).toBe(0);
  expect(await byXhr(page, "POST", url)).toBe(200);
  expect(carried(site, "order")).toEqual([true, false]);
});

test("an XHR for which the page stands still is as careful as a GET", async ({ site }) => {
  const page = await site.open();
  const status = await page.evaluate(
    (url) => {
      const request = new XMLHttpRequest();
      request.open("POST", url, false);
      request.send("x");
      return request.status;
    },
    redirected(site, "still", 307),
  );
  expect(status).toBe(200);
  expect(carried(site, "still")).toEqual([false]);
});

test("an XHR object that is opened again speaks for its own path only", async ({ site }) => {
  const page = await site.open();
  await page.evaluate(async () => {
    const request = new XMLHttpRequest();
    request.open("GET", "/echo/first?slow");
    request.send();
    request.abort();
    request.open("GET", "/echo/second");
    request.send();
    await new Promise((done) => request.addEventListener("load", done));
  });
  await byXhr(page, "GET", "/echo/first");
  await byXhr(page, "GET", "/echo/second");
  expect(carried(site, "first").at(-1)).toBe(false);
  expect(carried(site, "second").at(-1)).toBe(true);
});

test.describe("with the script tag", () => {
  const tag = (attach: string) =>
    `<script src="/dist/capi-bridge.js" data-endpoint="/echo/bridge" data-attach="${attach}"></script>`;
  const open = async (page: Page, site: Site, attach: string) => {
    site.recorder.html = `<!doctype html><html><head>${tag(attach)}</head><body></body></html>`;
    await page.goto(`${site.own}/page/`);
    // The deferred part hooks beacons.
    await page.waitForFunction(() => !`${navigator.sendBeacon}`.includes("sendBeacon"));
  };

  test("a GET is sent once more, and a path is left alone on the tab's next pages, too", async ({
    page,
    site,
  }) => {
    await open(page, site, "same-origin");
    expect(await byFetch(page, redirected(site, "export"))).toBe(200);
    expect(await byFetch(page, redirected(site, "order", 307), { method: "POST", body: "x" })).toBe(
      "TypeError",
    );
    await open(page, site, "same-origin");
    expect(await byFetch(page, redirected(site, "order", 307), { method: "POST", body: "x" })).toBe(200);
    expect(await byFetch(page, redirected(site, "export"))).toBe(200);
    expect(carried(site, "export")).toEqual([true, false, false]);
    expect(carried(site, "order")).toEqual([true, false]);
    // Withdrawal deletes what was kept of it.
    await page.evaluate("capiBridge.setConsent('denied')");
    await expect.poll(() => page.evaluate(() => Object.keys(sessionStorage))).toEqual([]);
  });

  test("a GET that fails before the deferred part has loaded is sent once more, too", async ({
    page,
    site,
  }) => {
    site.recorder.html = `<!doctype html><html><head>${tag("same-origin")}
      <script>window.early = fetch(${JSON.stringify(redirected(site, "early"))}).then(({ status }) => status, String)</script>
      </head><body></body></html>`;
    await page.goto(`${site.own}/page/`);
    expect(await page.evaluate("early")).toBe(200);
    expect(carried(site, "early")).toEqual([true, false]);
  });

  test("a GET by XHR works, and carries on a path that stays at its origin", async ({ page, site }) => {
    await open(page, site, "same-origin");
    for (let times = 0; times < 2; times++) {
      expect(await byXhr(page, "GET", redirected(site, "moved"))).toBe(200);
      expect(await byXhr(page, "GET", "/echo/stays")).toBe(200);
    }
    expect(carried(site, "moved")).toEqual([false, false]);
    expect(carried(site, "stays")).toEqual([false, true]);
  });

  test("an excluded path never carries", async ({ page, site }) => {
    await open(page, site, "same-origin !/echo/order");
    expect(await byFetch(page, redirected(site, "order", 307), { method: "POST", body: "x" })).toBe(200);
    expect(carried(site, "order")).toEqual([false]);
    await byFetch(page, "/echo/other");
    expect(carried(site, "other")).toEqual([true]);
  });
});
