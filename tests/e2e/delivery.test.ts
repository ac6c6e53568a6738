// The way to the worker: what did not arrive goes again, with its own id and time, and the page never knows.

import { expect } from "@playwright/test";
import {
  blank,
  bridge,
  events,
  INIT,
  receipt,
  refusal,
  run,
  serverCopy,
  settle,
  stored,
  STUB,
} from "./blank.ts";
import { test } from "./shop.ts";

const APP = bridge() + STUB + INIT;

test("events of one moment travel in one request", async ({ page, shop }) => {
  let requests = 0;
  page.on("request", (request) => void (request.url().endsWith("/bridge/events") && requests++));
  const { posted } = await blank(page, shop.at("/together"), APP);
  await run(page, (window) => {
    for (let index = 0; index < 20; index++) window.fbq("trackCustom", `Spin${index}`);
  });
  await expect.poll(() => posted.length).toBe(20);
  expect(requests).toBe(1);
  await expect.poll(() => stored(page)).toEqual([]);
});

test("events of browsing travel together, and a Purchase takes them along without waiting for more", async ({
  page,
  shop,
}) => {
  const requests: string[][] = [];
  await page.route("**/bridge/events", async (route) => {
    const { data } = route.request().postDataJSON() as { data: { event_name: string }[] };
    requests.push(data.map((event) => event.event_name));
    await route.continue();
  });
  await blank(page, shop.at("/visit"), APP);
  await run(page, async (window) => {
    const pause = () => new Promise((done) => setTimeout(done, 120));
    window.fbq("track", "PageView");
    await pause();
    window.fbq("track", "ViewContent");
    await pause();
    window.fbq("trackCustom", "Scrolled");
  });
  await expect.poll(() => requests).toEqual([["PageView", "ViewContent", "Scrolled"]]);
  await run(page, (window) => {
    window.fbq("track", "AddToCart");
    window.fbq("track", "Purchase", { value: 5, currency: "EUR" });
    setTimeout(() => window.fbq("trackCustom", "Thanked"), 300);
  });
  // Had the Purchase waited as browsing does, the third would have gone with it.
  await expect.poll(() => requests.slice(1)).toEqual([["AddToCart", "Purchase"], ["Thanked"]]);
  await expect.poll(() => stored(page)).toEqual([]);
});

test("no request is larger than what may outlive a page", async ({ page, shop }) => {
  const sizes: number[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/bridge/events")) sizes.push(Buffer.byteLength(request.postData() ?? ""));
  });
  const { posted } = await blank(page, shop.at("/large"), APP);
  await run(page, (window) => {
    for (let index = 0; index < 30; index++)
      window.fbq("trackCustom", `Large${index}`, { text: "ü".repeat(5000) });
  });
  await expect.poll(() => posted.length).toBe(30);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(32_000);
  await expect.poll(() => stored(page)).toEqual([]);
});

test("the page's own requests that outlive it have half of the browser's budget", async ({ page, shop }) => {
  let release = () => {};
  const away = new Promise<void>((done) => (release = done));
  await page.route("**/bridge/events", async (route) => {
    await away;
    await route.continue();
  });
  await page.route("**/page-own", (route) => route.fulfill({ body: "ok" }));
  const { posted } = await blank(page, shop.at("/budget"), APP);
  const outcome = await run(page, async (window) => {
    const text = "x".repeat(45_000);
    window.fbq("trackCustom", "Large", { text });
    for (let index = 0; index < 10; index++)
      window.fbq("trackCustom", "Small", { text: text.slice(0, 5000) });
    await new Promise((done) => setTimeout(done, 900));
    const body = text.slice(0, 30_000);
    return fetch("/page-own", { method: "POST", body, keepalive: true }).then(({ status }) => status, String);
  });
  expect(posted).toHaveLength(11);
  expect(outcome).toBe(200);
  release();
  await expect.poll(() => stored(page)).toEqual([]);
});

test("what could not be sent goes out on the next page, with its own id and time", async ({ page, shop }) => {
  let blocked = true;
  await page.route("**/bridge/events", (route) => (blocked ? route.abort() : route.continue()));
  const { posted, errors } = await blank(page, shop.at("/offline"), APP);
  await run(page, (window) => window.fbq("track", "Lead", { value: 5, currency: "EUR" }));
  await expect.poll(() => posted.length).toBe(1);
  await expect.poll(() => stored(page)).toHaveLength(1);
  blocked = false;
  await page.reload();
  const { server } = await serverCopy(shop, "Lead");
  expect(server.event_id).toBe(posted[0]?.event_id);
  expect(server.event_time).toBe(posted[0]?.event_time);
  expect(server.copies).toBe(1);
  await expect.poll(() => stored(page)).toEqual([]);
  expect(errors).toEqual([]);
});

test("without a reload it is tried again, too", async ({ page, shop }) => {
  let failures = 2;
  await page.route("**/bridge/events", (route) =>
    failures-- > 0 ? route.fulfill({ status: 503 }) : route.continue(),
  );
  await blank(page, shop.at("/flaky"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await serverCopy(shop, "Contact");
  await expect.poll(() => stored(page)).toEqual([]);
});

test("Retry-After is waited for", async ({ page, shop }) => {
  const tries: number[] = [];
  await page.route("**/bridge/events", (route) => {
    tries.push(Date.now());
    return tries.length === 1
      ? route.fulfill({ status: 429, headers: { "retry-after": "4" } })
      : receipt(route);
  });
  await blank(page, shop.at("/later"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => tries.length, { timeout: 15_000 }).toBe(2);
  expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBeGreaterThanOrEqual(4000);
});

test("an event that the worker refuses is not sent again", async ({ page, shop }) => {
  let tries = 0;
  await page.route("**/bridge/events", (route) => {
    tries++;
    return refusal(route, 400, "missing_value", "data[0].custom_data.value");
  });
  await blank(page, shop.at("/refused"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => tries).toBe(1);
  await expect.poll(() => stored(page)).toEqual([]);
  await page.waitForTimeout(2500);
  expect(tries).toBe(1);
});

test("a request that is too large for the worker is halved until it is not", async ({ page, shop }) => {
  const taken: string[] = [];
  await page.route("**/bridge/events", (route) => {
    const data = events(route);
    if (data.length > 1) return route.fulfill({ status: 413 });
    taken.push(...data.map((event) => event.event_name));
    return receipt(route);
  });
  await blank(page, shop.at("/halves"), APP);
  await run(page, (window) => ["A", "B", "C"].forEach((name) => window.fbq("trackCustom", name)));
  await expect.poll(() => taken.sort()).toEqual(["A", "B", "C"]);
});

test("while the worker says that it is asked too much, events of the page wait with the others", async ({
  page,
  shop,
}) => {
  const tries: [millis: number, names: string[]][] = [];
  await page.route("**/bridge/events", (route) => {
    tries.push([Date.now(), events(route).map((event) => event.event_name)]);
    return tries.length === 1
      ? route.fulfill({ status: 429, headers: { "retry-after": "3" } })
      : receipt(route);
  });
  await blank(page, shop.at("/paused"), APP);
  await run(page, (window) => window.fbq("trackCustom", "First"));
  await expect.poll(() => tries.length).toBe(1);
  await settle(page);
  await run(page, (window) => window.fbq("trackCustom", "Second"));
  await expect.poll(() => stored(page), { timeout: 15_000 }).toEqual([]);
  expect(
    tries
      .slice(1)
      .flatMap(([, names]) => names)
      .sort(),
  ).toEqual(["First", "Second"]);
  for (const [millis] of tries.slice(1)) expect(millis - tries[0]![0]).toBeGreaterThanOrEqual(3000);
});

test("what is tracked as the page goes away arrives", async ({ page, shop }) => {
  const { posted } = await blank(page, shop.at("/leaving"), APP);
  // From then on the part that sends is there.
  await run(page, (window) => window.fbq("track", "Lead"));
  await expect.poll(() => posted.length).toBe(1);
  await page.evaluate(() => {
    addEventListener("pagehide", () => {});
    (window as unknown as { fbq(...call: unknown[]): void }).fbq("track", "Contact");
    location.href = "about:blank";
  });
  await page.waitForURL("about:blank");
  await serverCopy(shop, "Contact");
});

test("who leaves before the second part is there takes the event along", async ({ page, shop }) => {
  let late = true;
  await page.route("**/capi-bridge-deferred.js*", (route) => (late ? undefined : route.continue()));
  await blank(page, shop.at("/bounce"), APP + `<script>fbq("track", "Contact");</script>`);
  late = false;
  await page.goto(shop.at("/thanks.html?order=1"));
  await serverCopy(shop, "Contact");
});

test("an event of more than seven days is let go, and what nobody can read, too", async ({ page, shop }) => {
  let tries = 0;
  await page.route("**/bridge/events", (route) => {
    tries++;
    return receipt(route);
  });
  await page.goto(shop.at("/no-such-page"));
  await page.evaluate(() => {
    const event = { event_name: "Old", event_id: "1", event_time: Date.now() / 1000 - 8 * 86_400 };
    localStorage.setItem("capi-bridge.event.1.Old.1", JSON.stringify({ event, due: 0, tries: 3 }));
    localStorage.setItem("capi-bridge.event.nonsense", "{");
  });
  await blank(page, shop.at("/old"), APP);
  await expect.poll(() => stored(page)).toEqual([]);
  expect(tries).toBe(0);
});

test("no more than a thousand events wait", async ({ page, shop }) => {
  await page.route("**/bridge/events", (route) => route.abort());
  await blank(page, shop.at("/many"), APP);
  for (let round = 0; round < 3; round++) {
    await page.evaluate((round) => {
      const { fbq } = window as unknown as { fbq(...call: unknown[]): void };
      for (let index = 0; index < 400; index++) fbq("trackCustom", `Many${round}-${index}`);
    }, round);
    await settle(page);
  }
  expect((await stored(page)).length).toBe(1000);
});

test("without storage events are sent, and tried again while the page lives", async ({ page, shop }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    });
  });
  let failures = 1;
  await page.route("**/bridge/events", (route) => (failures-- > 0 ? route.abort() : route.continue()));
  const { errors, warnings } = await blank(page, shop.at("/no-storage"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await serverCopy(shop, "Contact");
  // A visitor may block storage. That is no mistake of the page.
  expect([...errors, ...warnings]).toEqual([]);
});

test("a worker that never answers costs the page nothing", async ({ page, shop }) => {
  await page.route("**/bridge/events", () => undefined);
  const { errors, posted } = await blank(page, shop.at("/slow"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => posted.length).toBe(1);
  expect(await stored(page)).toHaveLength(1);
  expect(errors).toEqual([]);
});
