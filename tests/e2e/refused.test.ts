// Tests the effect of an answer on the events of its request. Only a receipt or a refusal by name ends an
// event.

import { expect, type Page } from "@playwright/test";
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

/** Returns the waits of the events in storage, in milliseconds from now. */
const waits = (page: Page) =>
  page.evaluate(() =>
    Object.entries(localStorage as Record<string, string>)
      .filter(([key]) => key.startsWith("capi-bridge.event."))
      .map(([, stored]) => (JSON.parse(stored) as { due: number }).due - Date.now()),
  );

/** Returns the number of events that wait more than 100 seconds, as after a lasting refusal. */
const longWaits = async (page: Page) => (await waits(page)).filter((millis) => millis > 100_000).length;

test("half an emoji beside a Purchase: both arrive, and the text is well formed on both sides", async ({
  page,
  shop,
}) => {
  const { errors, warnings } = await blank(
    page,
    shop.at("/emoji"),
    bridge(`data-pixel="drive"`) + STUB + INIT,
  );
  const given = await run(page, (window) => {
    const calls: unknown[][] = [];
    window.fbq.callMethod = (...call: unknown[]) => void calls.push(call);
    window.capiBridge.track("ViewContent", {
      content_name: "Kitten 😀".slice(0, 8),
      ["k\ud83d"]: ["\ude00"],
    });
    window.capiBridge.track("Purchase", { value: 59.9, currency: "EUR" }, { orderId: "1001\ud83d" });
    return new Promise<unknown[][]>((done) => setTimeout(() => done(calls), 1000));
  });
  const view = await serverCopy(shop, "ViewContent");
  const purchase = await serverCopy(shop, "Purchase");
  expect(view.server.custom_data).toMatchObject({ content_name: "Kitten \ufffd", "k\ufffd": ["\ufffd"] });
  expect(purchase.server.custom_data).toMatchObject({ value: 59.9, order_id: "1001\ufffd" });
  // The pixel's copies.
  expect(given).toEqual([
    ["track", "ViewContent", { content_name: "Kitten \ufffd", "k\ufffd": ["\ufffd"] }, expect.anything()],
    ["track", "Purchase", { value: 59.9, currency: "EUR", order_id: "1001\ufffd" }, expect.anything()],
  ]);
  expect(given.map((call) => (call[3] as { eventID: string }).eventID)).toEqual([
    view.server.event_id,
    purchase.server.event_id,
  ]);
  await expect.poll(() => stored(page)).toEqual([]);
  expect([...errors, ...warnings]).toEqual([]);
});

test("an id that the page gave with half an emoji is the same on both sides", async ({ page, shop }) => {
  await blank(page, shop.at("/emoji-id"), APP);
  const [byPixel, byTrack, prepared] = await run(page, (window) => {
    const ids: unknown[] = [];
    window.fbq.callMethod = (...call: unknown[]) => void ids.push((call[3] as { eventID: string }).eventID);
    window.fbq("track", "Lead", {}, { eventID: "given-\ud83d" });
    ids.push(window.capiBridge.track("Contact", {}, { eventId: "\ude00-given" }).eventId);
    ids.push(window.capiBridge.prepare("Search", { eventId: "later-\ud83d" }));
    return ids;
  });
  expect((await serverCopy(shop, "Lead")).server.event_id).toBe(byPixel);
  expect((await serverCopy(shop, "Contact")).server.event_id).toBe(byTrack);
  expect([byPixel, byTrack, prepared]).toEqual(["given-\ufffd", "\ufffd-given", "later-\ufffd"]);
});

test("what an earlier version stored with half an emoji is well formed when it leaves", async ({
  page,
  shop,
}) => {
  await page.goto(shop.at("/no-such-page"));
  await page.evaluate(() => {
    const event = {
      event_name: "Lead",
      event_id: "earlier",
      event_time: Math.floor(Date.now() / 1000),
      event_source_url: location.href,
      custom_data: { content_name: "\ud83d" },
    };
    const stored = { dataset: "1234567890", event, due: 0, tries: 0 };
    localStorage.setItem("capi-bridge.event.1234567890.Lead.earlier", JSON.stringify(stored));
  });
  await blank(page, shop.at("/earlier-version"), APP);
  const { server } = await serverCopy(shop, "Lead");
  expect(server.custom_data).toMatchObject({ content_name: "\ufffd" });
});

test("numbers that JSON cannot carry cost no neighbour", async ({ page, shop }) => {
  await blank(page, shop.at("/numbers"), APP);
  await run(page, (window) => {
    window.fbq("track", "AddToCart", { value: NaN, currency: "EUR" });
    window.fbq("track", "Lead", { value: Infinity, currency: "EUR", score: 1e400, deep: [-Infinity] });
    window.fbq("track", "Contact", { at: new Date(NaN) });
  });
  for (const name of ["Lead", "Contact"]) await serverCopy(shop, name);
  await expect.poll(() => stored(page)).toEqual([]);
});

test("of a batch, only the events that the worker names are dropped", async ({ page, shop }) => {
  const requests: string[][] = [];
  await page.route("**/bridge/events", (route) => {
    const names = events(route).map((event) => event.event_name);
    requests.push(names);
    const bad = names.flatMap((name, index) => (name.startsWith("Bad") ? [`data[${index}].value`] : []));
    return bad.length > 0 ? refusal(route, 400, "invalid_value", ...bad) : receipt(route);
  });
  await blank(page, shop.at("/named"), APP);
  await run(page, (window) =>
    ["A", "BadOne", "B", "BadTwo", "C"].forEach((name) => window.fbq("trackCustom", name)),
  );
  await expect.poll(() => requests.length).toBe(2);
  await expect.poll(() => stored(page)).toEqual([]);
  expect(requests).toEqual([
    ["A", "BadOne", "B", "BadTwo", "C"],
    ["A", "B", "C"],
  ]);
});

test("a worker that refuses the whole body and names no event: only the bad event is dropped", async ({
  page,
  shop,
}) => {
  let requests = 0;
  // Older workers refused the whole body, because they did not parse each event by itself.
  await page.route("**/bridge/events", (route) => {
    requests++;
    const isBad = events(route).some((event) => event.event_name === "Bad");
    return isBad ? refusal(route, 400, "invalid_body", "") : route.continue();
  });
  const { warnings } = await blank(page, shop.at("/unnamed"), APP);
  await run(page, (window) => ["A", "B", "Bad", "C", "D"].forEach((name) => window.fbq("trackCustom", name)));
  for (const name of ["A", "B", "C", "D"]) await serverCopy(shop, name);
  await expect.poll(() => stored(page)).toEqual([]);
  expect(requests).toBeLessThan(10);
  expect(warnings.filter((text) => text.includes("why: invalid_body"))).toHaveLength(1);
});

test("an unknown dataset, a wrong origin: the events are kept, and not asked for again at once", async ({
  page,
  shop,
}) => {
  for (const [status, code, path] of [
    [400, "unknown_dataset", "dataset_id"],
    [403, "origin_not_allowed", "Origin"],
    [404, "anything", ""],
  ] as const) {
    let requests = 0;
    await page.unroute("**/bridge/events");
    await page.route("**/bridge/events", (route) => (requests++, refusal(route, status, code, path)));
    await blank(page, shop.at(`/kept-${status}`), APP);
    await page.evaluate(() => localStorage.clear());
    await run(page, (window) => ["A", "B"].forEach((name) => window.fbq("trackCustom", name)));
    await expect.poll(() => longWaits(page)).toBe(2);
    expect(Math.max(...(await waits(page)))).toBeLessThanOrEqual(300_000);
    await page.waitForTimeout(2500);
    expect(requests).toBe(1);
  }
});

test("a refusal that lasted is over: the events arrive", async ({ page, shop }) => {
  let requests = 0;
  await page.route("**/bridge/events", (route) =>
    ++requests === 1 ? refusal(route, 403, "origin_not_allowed", "Origin") : route.continue(),
  );
  await page.clock.install();
  await blank(page, shop.at("/over"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => longWaits(page)).toBe(1);
  await page.clock.runFor(100_000);
  expect(requests).toBe(1);
  for (let seconds = 100; requests < 2 && seconds < 320; seconds += 5) await page.clock.runFor(5000);
  await serverCopy(shop, "Contact");
  expect(requests).toBe(2);
});

const STRANGERS = {
  "a page of a static server": { status: 200, contentType: "text/html", body: "<!doctype html><p>shop" },
  "no content": { status: 204 },
  "an empty 200": { status: 200 },
  "an empty 202": { status: 202 },
  "JSON of something else": { status: 200, json: { ok: true } },
  "a number in quotes": { status: 200, json: { events_received: "1" } },
  "a page of a firewall": { status: 422, contentType: "text/html", body: "<h1>The change was rejected" },
  "an empty 400": { status: 400 },
};
for (const [what, answer] of Object.entries(STRANGERS)) {
  test(`not the bridge answers (${what}): the event is kept, the cause is said once, and it arrives later`, async ({
    page,
    shop,
  }) => {
    let isStrange = true;
    let requests = 0;
    await page.route("**/bridge/events", (route) => {
      requests++;
      return isStrange ? route.fulfill(answer) : route.continue();
    });
    const { errors, warnings } = await blank(page, shop.at("/stranger"), APP);
    await run(page, (window) => window.fbq("track", "Contact"));
    await expect.poll(() => requests).toBeGreaterThan(0);
    await settle(page);
    expect(await stored(page)).toHaveLength(1);
    await expect.poll(() => warnings.length).toBe(1);
    expect(warnings[0]).toMatch(
      /^capi-bridge: POST \/bridge\/events was answered by something that is not the bridge: /,
    );
    expect(warnings[0]).toContain(` ${answer.status} `);
    isStrange = false;
    // The browser reports that it is online again, so the page retries.
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await serverCopy(shop, "Contact");
    await expect.poll(() => stored(page)).toEqual([]);
    expect(requests).toBeLessThan(6);
    expect(warnings).toHaveLength(1);
    expect(errors).toEqual([]);
  });
}

test("a login page behind a redirect is no receipt", async ({ page, shop }) => {
  let isPortal = true;
  await page.route("**/login", (route) => route.fulfill({ contentType: "text/html", body: "log in" }));
  await page.addInitScript(() => {
    // The browser does not follow Playwright's redirect of a POST, so the page's own `fetch` does.
    const { fetch } = window;
    window.fetch = (input, init) => {
      const isLed = String(input).endsWith("/bridge/events") && (window as { portal?: boolean }).portal;
      return isLed ? fetch.call(window, "/login") : fetch.call(window, input, init);
    };
    (window as { portal?: boolean }).portal = true;
  });
  const { warnings } = await blank(page, shop.at("/portal"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await settle(page);
  expect(await stored(page)).toHaveLength(1);
  await expect.poll(() => warnings.join()).toContain("not the bridge: 200 text/html");
  isPortal = false;
  await page.evaluate((portal) => Object.assign(window, { portal }), isPortal);
  await serverCopy(shop, "Contact");
});

test("something on the way refuses a request for one of its events: before long the others travel without it", async ({
  page,
  shop,
}) => {
  const requests: string[][] = [];
  await page.route("**/bridge/events", (route) => {
    const names = events(route).map((event) => event.event_name);
    requests.push(names);
    return names.includes("Select") ? route.fulfill({ status: 406, body: "blocked" }) : route.continue();
  });
  await page.addInitScript(() => {
    // Random numbers are low and high by turns.
    let tosses = 0;
    Math.random = () => (tosses++ % 2 === 1 ? 0.9 : 0.1);
  });
  await page.goto(shop.at("/no-such-page"));
  await page.evaluate(() => {
    for (const event_name of ["Good", "Select"]) {
      const event_time = Math.floor(Date.now() / 1000);
      const event = { event_name, event_id: event_name, event_time, event_source_url: location.href };
      const stored = { dataset: "1234567890", event, due: 0, tries: 2 };
      localStorage.setItem(
        `capi-bridge.event.1234567890.${event_name}.${event_name}`,
        JSON.stringify(stored),
      );
    }
  });
  await blank(page, shop.at("/firewall"), APP);
  await serverCopy(shop, "Good");
  await expect.poll(() => stored(page)).toEqual(["capi-bridge.event.1234567890.Select.Select"]);
  expect(requests.map((names) => names.join()).sort()).toEqual(["Good", "Select"]);
});

test("events that were withdrawn while a refusal was on its way are not sent again", async ({
  page,
  shop,
}) => {
  let requests = 0;
  let refuse: (() => Promise<void>) | undefined;
  await page.route("**/bridge/events", (route) => {
    requests++;
    refuse = () => refusal(route, 413, "body_too_large", "");
  });
  await blank(page, shop.at("/withdrawn"), APP);
  await run(page, (window) => ["A", "B"].forEach((name) => window.fbq("trackCustom", name)));
  await expect.poll(() => requests).toBe(1);
  await run(page, (window) => window.capiBridge.setConsent("denied"));
  await refuse?.();
  await settle(page);
  expect(requests).toBe(1);
});

test("a wait that was written while the clock was ahead is not waited for", async ({ page, shop }) => {
  await page.goto(shop.at("/no-such-page"));
  await page.evaluate(() => {
    const event = {
      event_name: "Lead",
      event_id: "ahead",
      event_time: Math.floor(Date.now() / 1000),
      event_source_url: location.href,
    };
    const stored = { dataset: "1234567890", event, due: Date.now() + 86_400_000, tries: 2 };
    localStorage.setItem("capi-bridge.event.1234567890.Lead.ahead", JSON.stringify(stored));
  });
  await blank(page, shop.at("/ahead"), APP);
  await serverCopy(shop, "Lead");
});

test("a long backlog that is refused does not come in one burst", async ({ page, shop }) => {
  let requests = 0;
  await page.route(
    "**/bridge/events",
    (route) => (requests++, refusal(route, 403, "origin_not_allowed", "Origin")),
  );
  await page.goto(shop.at("/no-such-page"));
  await page.evaluate(() => {
    for (let index = 0; index < 300; index++) {
      const event = {
        event_name: "Lead",
        event_id: `${index}`,
        event_time: Math.floor(Date.now() / 1000),
        custom_data: { text: "x".repeat(2000) },
      };
      const stored = { dataset: "1234567890", event, due: 0, tries: 5 };
      localStorage.setItem(`capi-bridge.event.1234567890.Lead.${index}`, JSON.stringify(stored));
    }
  });
  await blank(page, shop.at("/backlog"), APP);
  await page.waitForTimeout(3000);
  // The page makes about one request a second, or two if it splits the events of a request.
  expect(requests).toBeGreaterThan(0);
  expect(requests).toBeLessThan(9);
});
