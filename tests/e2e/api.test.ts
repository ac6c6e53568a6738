// Tests the functions that a page calls by name: track, prepare, identify, identifiers, start twice, stop.

import { createHash } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import { blank, bridge, INIT, run, serverCopy, settle, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const APP = bridge() + STUB + INIT;
/**
 * Waits until a part has loaded, in the version that the part before it names. Events wait one second for a
 * part, which is too short on a busy machine.
 */
const part = (page: Page, before: string, name: string) =>
  page.evaluate(
    `fetch("/bridge/capi-bridge-${before}.js")
      .then((answer) => answer.text())
      .then((text) => import("/bridge/" + /capi-bridge-${name}\\.js\\?\\w+/.exec(text)[0]))
      .then(() => undefined)`,
  );
const hashing = (page: Page) => part(page, "deferred", "customer");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("track() gives the id that its event has: given, of the order, or of chance", async ({ page, shop }) => {
  const { posted } = await blank(page, shop.at("/track"), APP);
  const ids = await run(page, (window) => [
    window.capiBridge.track("Lead", {}, { eventId: "mine" }).eventId,
    window.capiBridge.track("Purchase", { value: 1, currency: "EUR" }, { orderId: "1001" }).eventId,
    window.capiBridge.track("Contact").eventId,
  ]);
  // The second id is the first 32 hexadecimal characters of SHA-256 of "Purchase:1001", by sha256sum.
  expect(ids).toEqual(["mine", "6e4c78d82a753cc5ca23e87024551922", expect.stringMatching(/^[0-9a-f]{32}$/)]);
  await expect.poll(() => posted.map((event) => event.event_id)).toEqual(ids);
  expect(posted[1]?.custom_data).toEqual({ value: 1, currency: "EUR", order_id: "1001" });
});

test("a prepared event's id travels on the requests before it, then each has its own", async ({
  page,
  shop,
}) => {
  const carried: (string | undefined)[] = [];
  await page.route("**/echo", async (route) => {
    carried.push((await route.request().allHeaders())["x-capi-event-id"]);
    await route.fulfill({ body: "ok" });
  });
  const { posted } = await blank(page, shop.at("/prepare"), APP);
  const id = await run(page, async (window) => {
    const id = window.capiBridge.prepare("Purchase");
    await fetch("/echo");
    await fetch("/echo");
    window.fbq("track", "Purchase", { value: 1, currency: "EUR", order_id: "1001" });
    await fetch("/echo");
    return id;
  });
  expect(carried.slice(0, 2)).toEqual([id, id]);
  expect(carried[2]).not.toBe(id);
  await expect.poll(() => posted.map((event) => event.event_id)).toEqual([id]);
});

test("what is prepared for an order has the order's id, and its Purchase goes out once", async ({
  page,
  shop,
}) => {
  const { posted } = await blank(page, shop.at("/prepared-order"), APP);
  const ids = await run(page, (window) => {
    const ids = [window.capiBridge.prepare("Purchase", { orderId: 1001 })];
    // The page's own calls carry no order id.
    window.fbq("track", "Purchase", { value: 1, currency: "EUR" });
    ids.push(window.capiBridge.prepare("Purchase", { orderId: 1001 }));
    window.fbq("track", "Purchase", { value: 1, currency: "EUR" });
    ids.push(window.capiBridge.prepare("Lead", { eventId: "mine", orderId: 1001 }));
    return ids;
  });
  expect(ids).toEqual(["6e4c78d82a753cc5ca23e87024551922", "6e4c78d82a753cc5ca23e87024551922", "mine"]);
  await settle(page);
  expect(posted.map((event) => event.event_id)).toEqual(["6e4c78d82a753cc5ca23e87024551922"]);
});

test("track() calls the pixel too where it is asked to, with the same id, and is mirrored once", async ({
  page,
  shop,
}) => {
  const { posted } = await blank(page, shop.at("/track-pixel"), APP);
  const { eventId } = await run(page, (window) =>
    window.capiBridge.track("Spin", { wheel: 7 }, { pixel: true }),
  );
  await expect.poll(() => posted.map((event) => event.event_id)).toEqual([eventId]);
  await settle(page);
  expect(posted).toHaveLength(1);
  const calls = await run(page, (window) => window.fbq.queue.map((call) => Array.from(call)));
  expect(calls.slice(1)).toEqual([["trackCustom", "Spin", { wheel: 7 }, { eventID: eventId }]]);
});

test("a Purchase that was prepared goes out once, too", async ({ page, shop }) => {
  const { posted } = await blank(page, shop.at("/prepared-once"), APP);
  await run(page, (window) => {
    for (let time = 0; time < 2; time++) {
      window.capiBridge.prepare("Purchase");
      window.fbq("track", "Purchase", { value: 1, currency: "EUR", order_id: "8" });
    }
  });
  await settle(page);
  expect(posted).toHaveLength(1);
});

test("identify() hashes in the page, for the events from then on", async ({ page, shop }) => {
  const { posted } = await blank(page, shop.at("/identify"), APP);
  await hashing(page);
  const known = await run(page, (window) => {
    window.capiBridge.identify({ email: " Jane@Example.com ", phone: "+1 650 555 1212", externalId: "c-1" });
    window.fbq("track", "Lead", { value: 5, currency: "EUR" });
    return window.capiBridge.identifiers();
  });
  expect(known.externalId).toBe("c-1");
  await expect.poll(() => posted.length).toBe(1);
  expect(posted[0]?.user_data).toMatchObject({
    em: [sha256("jane@example.com")],
    ph: [sha256("16505551212")],
    external_id: [sha256("c-1")],
  });
  // Not the digits alone: a random id may have them.
  expect(JSON.stringify(posted)).not.toMatch(/jane@|650 ?555/i);
  const { server } = await serverCopy(shop, "Lead");
  expect(server.user_data["em"]).toEqual([sha256("jane@example.com")]);
});

test("a country by its name loads the list of them, and its code does not", async ({ page, shop }) => {
  const lists: string[] = [];
  page.on("request", (request) => {
    const list = /capi-bridge-(countries|states|genders)\.js/.exec(request.url());
    if (list?.[1] !== undefined) lists.push(list[1]);
  });
  const { posted } = await blank(page, shop.at("/lists"), APP);
  await hashing(page);
  await run(page, (window) => {
    window.capiBridge.identify({ email: "jane@example.com", country: "DE", state: "BY", gender: "female" });
    window.fbq("track", "Lead");
  });
  await expect.poll(() => posted.length).toBe(1);
  expect(posted[0]?.user_data).toMatchObject({ country: [sha256("de")], ge: [sha256("f")] });
  expect(lists).toEqual([]);

  await part(page, "customer", "countries");
  await run(page, (window) => {
    window.capiBridge.identify({ email: "jane@example.com", country: "Deutschland", phone: "0171 2345678" });
    window.fbq("track", "Contact");
  });
  await expect.poll(() => posted.length).toBe(2);
  expect(posted[1]?.user_data).toMatchObject({
    em: [sha256("jane@example.com")],
    country: [sha256("de")],
    ph: [sha256("491712345678")],
  });
  expect(lists).toContain("countries");
});

test("a list that does not come costs its own value alone", async ({ page, shop }) => {
  await page.route("**/capi-bridge-countries.js*", (route) => route.abort());
  const { posted, errors } = await blank(page, shop.at("/no-list"), APP);
  await hashing(page);
  await run(page, (window) => {
    window.capiBridge.identify({ email: "jane@example.com", country: "Deutschland" });
    window.fbq("track", "Contact");
  });
  await expect.poll(() => posted.length).toBe(1);
  expect(posted[0]?.user_data["em"]).toEqual([sha256("jane@example.com")]);
  expect(posted[0]?.user_data["country"]).toBeUndefined();
  expect(errors).toEqual([]);
});

test("the pixel's advanced matching is the dataset's, and counts once", async ({ page, shop }) => {
  const { posted } = await blank(
    page,
    shop.at("/matching"),
    bridge(`data-datasets="1234567890 42"`) +
      STUB +
      `<script>
        fbq("init", "1234567890", { em: "jane@example.com" });
        fbq("init", "1234567890", { em: "other@example.com" });
        fbq("init", "42");
      </script>`,
  );
  await hashing(page);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => posted.length).toBe(2);
  const of = (dataset: string) => posted.find((event) => event.dataset_id === dataset)?.user_data["em"];
  expect(of("1234567890")).toEqual([sha256("jane@example.com")]);
  expect(of("42")).toBeUndefined();
});

test("events wait a second at most for the part that hashes", async ({ page, shop }) => {
  await page.route("**/capi-bridge-customer.js*", () => undefined);
  const { posted, errors } = await blank(page, shop.at("/slow-hash"), APP);
  await settle(page);
  await run(page, (window) => {
    window.capiBridge.identify({ email: "jane@example.com" });
    window.fbq("track", "Contact");
  });
  await settle(page);
  expect(posted).toEqual([]);
  await expect.poll(() => posted.length).toBe(1);
  expect(posted[0]?.user_data["em"]).toBeUndefined();
  expect(errors).toEqual([]);
});

test("nothing raw is stored, also where the page leaves at once", async ({ page, shop }) => {
  await page.route("**/bridge/events", (route) => route.abort());
  await page.route("**/capi-bridge-deferred.js*", () => undefined);
  await blank(page, shop.at("/raw"), APP);
  await run(page, (window) => {
    window.capiBridge.identify({ email: "jane@example.com" });
    window.fbq("init", "42", { em: "jane@example.com" });
    window.fbq("track", "Contact");
  });
  await page.goto(shop.at("/no-such-page"));
  const stored = await page.evaluate(() => JSON.stringify(localStorage));
  expect(stored).toContain("Contact");
  expect(stored).not.toContain("jane");
});

test("after stop() nothing is seen, made or sent", async ({ page, shop }) => {
  const { posted } = await blank(page, shop.at("/stop"), APP);
  const call = await run(page, (window) => {
    window.capiBridge.stop();
    window.capiBridge.setConsent("granted");
    window.capiBridge.track("Lead");
    window.fbq("track", "Contact");
    return Array.from(window.fbq.queue.at(-1) ?? []);
  });
  expect(call).toEqual(["track", "Contact"]);
  expect(await run(page, (window) => window.capiBridge.identifiers())).toEqual({});
  await settle(page);
  expect(posted).toEqual([]);
});

test("two script tags are one bridge", async ({ page, shop }) => {
  const { posted } = await blank(page, shop.at("/twice"), bridge() + bridge() + STUB + INIT);
  await run(page, (window) => window.fbq("track", "Contact"));
  await settle(page);
  expect(posted).toHaveLength(1);
});
