// Tests the bridge in every browser: consent, delivery, navigations, customers, requests, `stop()`.

import { createHash } from "node:crypto";
import type { Visitor } from "../support/browsers/browser.ts";
import { eventually } from "../support/eventually.ts";
import { ELSEWHERE, open, type Page } from "./page.ts";
import { expect, type Shop, test } from "./visit.ts";

const ID = /^[0-9a-f]{32}$/;
const HOST = "www.shop.localhost";
/** Longer than the bridge gathers events and waits for a page's own PageView, in milliseconds. */
const SETTLED_MILLIS = 600;

/** Returns the one server copy of this event. Each test has an event name of its own. */
const serverCopy = (shop: Shop, name: string) =>
  eventually(`the server copy of ${name}`, async () => {
    const copies = (await shop.report()).events.filter((event) => event.event_name === name);
    return copies.length === 1 ? (copies[0]?.server ?? undefined) : undefined;
  });

/** Returns the cookies, the keys in storage and the number of posts of a visitor. */
const traces = async (visitor: Visitor) => ({
  cookies: (await visitor.cookies()).map(({ name }) => name),
  ...(await visitor.evaluate(() => ({
    stored: Object.keys(localStorage),
    posted: (window as unknown as Page).posted.length,
  }))),
});
const NONE = { cookies: [], stored: [], posted: 0 };

const settle = () => new Promise((done) => setTimeout(done, SETTLED_MILLIS));

/** Tracks through the pixel. Returns the event id in the pixel's queue. */
const track = (visitor: Visitor, name: string): Promise<string> =>
  visitor.evaluate((name) => {
    const { fbq } = window as unknown as Page;
    fbq("trackCustom", name);
    return (Array.from(fbq.queue.at(-1) ?? [])[3] as { eventID: string }).eventID;
  }, name);

test("what is tracked before consent waits in memory and goes once it is granted, as it was", async ({
  visitor,
  shop,
}) => {
  await open(visitor, shop.at(`${ELSEWHERE}?fbclid=Pending_1`, HOST), { consent: "pending" });
  const before = Math.floor(Date.now() / 1000);
  const id = await track(visitor, "AskedFirst");
  const after = Math.floor(Date.now() / 1000);
  expect(id).toMatch(ID);
  await settle();
  expect(await traces(visitor)).toEqual(NONE);

  await visitor.evaluate(() => (window as unknown as Page).capiBridge.setConsent("granted"));
  const server = await serverCopy(shop, "AskedFirst");
  expect(server.event_id).toBe(id);
  expect(server.event_time).toBeGreaterThanOrEqual(before);
  expect(server.event_time).toBeLessThanOrEqual(after);
  const [fbc, fbp] = await visitor.cookies();
  expect(server).toMatchObject({ fbc: fbc?.value, fbp: fbp?.value, copies: 1 });
  expect(fbc?.value).toMatch(/\.Pending_1$/);
});

test("what is tracked before consent is dropped when it is denied", async ({ visitor, shop }) => {
  await open(visitor, shop.at(`${ELSEWHERE}?fbclid=Pending_2`, HOST), { consent: "pending" });
  await track(visitor, "Refused");
  await visitor.evaluate(() => (window as unknown as Page).capiBridge.setConsent("denied"));
  await settle();
  expect(await traces(visitor)).toEqual(NONE);
});

test("withdrawal deletes the cookies and what is stored", async ({ visitor, shop }) => {
  await open(visitor, shop.at(`${ELSEWHERE}?fbclid=Withdrawn_1`, HOST), {}, true);
  await track(visitor, "Withdrawn");
  await eventually("a stored event", async () => (await traces(visitor)).stored.length > 0 || undefined);
  expect((await traces(visitor)).cookies).toEqual(["_fbc", "_fbp"]);
  await visitor.evaluate(() => (window as unknown as Page).capiBridge.setConsent("denied"));
  await settle();
  expect(await traces(visitor)).toMatchObject({ cookies: [], stored: [] });
});

test("what could not be sent goes out on the next page, once, with its own id and time", async ({
  visitor,
  shop,
}) => {
  await open(visitor, shop.at(ELSEWHERE, HOST), {}, true);
  const id = await track(visitor, "Offline");
  await eventually("a try", async () => (await traces(visitor)).posted > 0 || undefined);
  const time = await visitor.evaluate(() => {
    const [first] = (window as unknown as Page).posted;
    return (JSON.parse(first?.body ?? "") as { data: { event_time: number }[] }).data[0]?.event_time;
  });

  await open(visitor, shop.at(`${ELSEWHERE}?next`, HOST));
  expect(await serverCopy(shop, "Offline")).toMatchObject({ event_id: id, event_time: time, copies: 1 });
  await eventually("an empty store", async () => (await traces(visitor)).stored.length === 0 || undefined);
});

test("a navigation within the page is one PageView with one id on both sides", async ({ visitor, shop }) => {
  const url = shop.at(`${ELSEWHERE}?app`, HOST);
  await open(visitor, url);
  await visitor.evaluate(() => (window as unknown as Page).fbq("track", "PageView"));
  const views = async () =>
    (await shop.report()).events.filter(
      ({ event_name, server }) => event_name === "PageView" && server?.url?.startsWith(url),
    );
  await eventually("the first PageView", async () => (await views()).length === 1 || undefined);
  await visitor.evaluate(() => history.pushState({}, "", "?app&second"));
  await eventually("the second PageView", async () => (await views()).length === 2 || undefined);
  await visitor.evaluate(() => history.back());
  await eventually("the third PageView", async () => (await views()).length === 3 || undefined);
  await settle();

  const ids = await visitor.evaluate(() =>
    (window as unknown as Page).fbq.queue
      .map((call) => Array.from(call))
      .filter((call) => call.includes("PageView"))
      .map((call) => (call.at(-1) as { eventID: string }).eventID),
  );
  expect(new Set(ids).size).toBe(3);
  expect((await views()).map(({ event_id }) => event_id).sort()).toEqual(ids.sort());
});

test("a customer's e-mail address leaves the page as its hash alone", async ({ visitor, shop }) => {
  await open(visitor, shop.at(ELSEWHERE, HOST));
  await visitor.evaluate(() => {
    const { capiBridge, fbq } = window as unknown as Page;
    capiBridge.identify({ email: " Jane@Example.com", externalId: "c-1001" });
    fbq("trackCustom", "Identified");
  });
  const { user_data } = await serverCopy(shop, "Identified");
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  expect([user_data["em"]].flat()).toEqual([sha256("jane@example.com")]);
  expect([user_data["external_id"]].flat()).toEqual([sha256("c-1001")]);
  const sent = await visitor.evaluate(() =>
    (window as unknown as Page).posted.map(({ body }) => body).join(),
  );
  expect(sent).not.toMatch(/jane|c-1001/i);
});

test("fetch, XMLHttpRequest and beacons carry the identifiers", async ({ visitor, shop }) => {
  await open(visitor, shop.at(`${ELSEWHERE}?fbclid=Carried_1`, HOST));
  // Beacons carry identifiers once the deferred part has loaded. Only that part sends events: wait for one.
  await track(visitor, "Carrying");
  await serverCopy(shop, "Carrying");
  const carried = await visitor.evaluate(async () => {
    const body = JSON.stringify({ items: [{ id: "delta", quantity: 1 }] });
    const identifiers = (text: string) => (JSON.parse(text) as { identifiers: object }).identifiers;
    const response = await fetch("/api/orders", { method: "POST", body });
    const request = new XMLHttpRequest();
    request.open("POST", "/api/orders");
    await new Promise((done) => {
      request.onloadend = done;
      request.send(body);
    });
    navigator.sendBeacon("/api/seen?mine=1", "x");
    const query = new URL((window as unknown as Page).beacons[0] ?? "").searchParams;
    return {
      fetch: identifiers(await response.text()),
      xhr: identifiers(request.responseText),
      beacon: Object.fromEntries(query),
    };
  });
  const [fbc, fbp] = await visitor.cookies();
  expect(fbc?.value).toMatch(/\.Carried_1$/);
  const id = expect.stringMatching(ID) as unknown;
  const ours = { fbc: fbc?.value, fbp: fbp?.value, event_id: id };
  expect(carried).toEqual({
    fetch: ours,
    xhr: ours,
    beacon: { mine: "1", "capi-fbc": fbc?.value, "capi-fbp": fbp?.value, "capi-event-id": id },
  });
});

test("what is tracked as the page goes away arrives", async ({ visitor, shop }) => {
  await open(visitor, shop.at(ELSEWHERE, HOST));
  await track(visitor, "Staying");
  await serverCopy(shop, "Staying");
  await visitor.evaluate(() => {
    // Leaves after this call has returned, because the next page would cut its answer short.
    setTimeout(() => {
      (window as unknown as Page).fbq("trackCustom", "Leaving");
      location.assign("/nothing-here?left");
    });
  });
  // The next page has no bridge that could send it later.
  expect(await serverCopy(shop, "Leaving")).toMatchObject({
    event_id: expect.stringMatching(ID),
    copies: 1,
  });
});

test("stop() leaves calls and requests alone", async ({ visitor, shop }) => {
  await open(visitor, shop.at(ELSEWHERE, HOST));
  const left = await visitor.evaluate(async () => {
    const { capiBridge, fbq } = window as unknown as Page;
    capiBridge.stop();
    fbq("trackCustom", "Stopped", { plain: true });
    const body = JSON.stringify({ items: [{ id: "delta", quantity: 1 }] });
    const response = await fetch("/api/orders", { method: "POST", body });
    return {
      call: Array.from(fbq.queue.at(-1) ?? []),
      identifiers: ((await response.json()) as { identifiers: object }).identifiers,
      tracked: capiBridge.track("Stopped"),
      known: capiBridge.identifiers(),
    };
  });
  expect(left).toEqual({
    call: ["trackCustom", "Stopped", { plain: true }],
    identifiers: { fbp: null, fbc: null, event_id: null },
    tracked: { eventId: "" },
    known: {},
  });
  await settle();
  expect((await traces(visitor)).posted).toBe(0);
});
