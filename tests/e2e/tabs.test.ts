// Tests two tabs with stored events: one sends them, the other waits until it has been told.

import { type BrowserContext, expect, type Page } from "@playwright/test";
import { blank, bridge, INIT, run, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const KEY = "capi-bridge.event.1234567890.Contact.1";

/** The globals of a tab whose time stands still. */
interface Still {
  /** Returns the delay of each timer, in milliseconds. */
  waits(): number[];
  /** Runs the timers with a delay of at most this many milliseconds. */
  elapse(millis: number): void;
  /** The number of requests with events that the tab has made. */
  posts: number;
}

/** Makes every page of a context run its timers only when the test says so. */
async function standStill(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    let timers: { id: number; millis: number; run: () => void }[] = [];
    let made = 0;
    const { fetch } = window;
    const still = {
      posts: 0,
      waits: () => timers.map(({ millis }) => millis),
      elapse(until: number) {
        const due = timers.filter(({ millis }) => millis <= until);
        timers = timers.filter(({ millis }) => millis > until);
        for (const { run } of due) run();
      },
      setTimeout: (run: () => void, millis = 0) => (timers.push({ id: ++made, millis, run }), made),
      clearTimeout: (id: number) => void (timers = timers.filter((timer) => timer.id !== id)),
      fetch(...call: Parameters<typeof fetch>) {
        if (String(call[0]).endsWith("/bridge/events")) (window as unknown as Still).posts++;
        return fetch.apply(window, call);
      },
    };
    Object.assign(window, still);
  });
}

const elapse = (tab: Page, millis: number) =>
  tab.evaluate((millis) => (window as unknown as Still).elapse(millis), millis);
const posts = (tab: Page) => tab.evaluate(() => (window as unknown as Still).posts);
/** Returns the number of tries of the event, as stored for this tab. */
const tries = (tab: Page) =>
  tab.evaluate((key) => (JSON.parse(localStorage.getItem(key) ?? "{}") as { tries?: number }).tries, KEY);
/** Returns the number of held and of pending Web Locks. */
const locks = (tab: Page) =>
  tab.evaluate(async () => {
    const { held, pending } = await navigator.locks.query();
    return { held: held?.length, pending: pending?.length };
  });

test("of two tabs one sends what is stored, and the other looks once it has been told", async ({
  context,
  shop,
}) => {
  // Web Locks need a secure context. `localhost` is one.
  const at = (path: string) => shop.at(path, "localhost");
  const earlier = await context.newPage();
  await earlier.goto(at("/no-such-page"));
  await earlier.evaluate((key) => {
    const event = { event_name: "Contact", event_id: "1", event_time: Math.floor(Date.now() / 1000) };
    localStorage.setItem(key, JSON.stringify({ dataset: "1234567890", event, due: 0, tries: 0 }));
  }, KEY);
  await earlier.close();

  await standStill(context);
  await context.route("**/bridge/events", () => undefined);
  const open = async (path: string) => {
    const tab = await context.newPage();
    await blank(tab, at(path), bridge() + STUB + INIT);
    // The page loads the deferred part in a task of its own.
    await elapse(tab, 0);
    // The tab has seen a stored event, and its timer reads storage again in a second.
    const waits = () => tab.evaluate(() => (window as unknown as Still).waits());
    await expect.poll(waits).toContain(1000);
    return tab;
  };
  const one = await open("/one");
  const other = await open("/other");

  await elapse(one, 1000);
  await expect.poll(() => posts(one)).toBe(1);
  // The first tab's message takes a moment to reach the other tab. Until then the other tab has to wait.
  await elapse(other, 1000);
  await expect.poll(() => locks(other)).toEqual({ held: 1, pending: 1 });
  await expect.poll(() => tries(other)).toBe(1);
  await elapse(one, 250);
  // Now the other tab may read storage, and finds no event that is due.
  await expect.poll(() => locks(other)).toEqual({ held: 1, pending: 0 });
  await elapse(other, 250);
  await expect.poll(() => locks(other)).toEqual({ held: 0, pending: 0 });
  expect(await posts(other)).toBe(0);
  expect(await posts(one)).toBe(1);
});

test("a tab that is older leaves the click of a newer one where it is", async ({ context, shop }) => {
  const open = async (click: string) => {
    const tab = await context.newPage();
    await blank(tab, shop.at(`/tab?fbclid=${click}`), bridge() + STUB + INIT);
    return tab;
  };
  const clicks = (tab: Page) =>
    run(tab, (window) => (window.capiBridge.identifiers().fbc ?? "").split(".").slice(2).join(" "));
  const older = await open("First");
  const newer = await open("Second");
  const second = await clicks(newer);
  expect(second).toMatch(/^\d{13} Second$/);
  // Both tabs return the newer click, unchanged, with every call.
  for (const tab of [older, newer, older, newer]) expect(await clicks(tab)).toBe(second);
});
