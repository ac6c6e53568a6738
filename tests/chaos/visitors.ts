// Visitors with several tabs each: they open pages, track, lose the network, and leave in every way there is.

import type { BrowserContext, Page } from "@playwright/test";
import { weighted } from "../support/seeded.ts";
import type { Ledger } from "./ledger.ts";
import type { Asked, ChaosWindow, Setting } from "./page.ts";

/** How a page is left, in parts of a hundred. */
const DEPARTURES = {
  reload: 20,
  link: 20,
  address: 14,
  back: 10,
  forward: 4,
  elsewhere: 8,
  "closed tab": 10,
  "closed tab, asked": 8,
  crash: 4,
  "within the page": 2,
} as const;
const NAMES = { Lead: 4, Contact: 2, AddToCart: 3, Purchase: 2, Spin: 1 } as const;

/** What a visitor does with. */
export interface Surroundings {
  origin: string;
  random: () => number;
  ledger: Ledger;
  /** The orders of this visitor. */
  orders: string[];
  /** Whether to go on. */
  open(): boolean;
}

const pause = (millis: number) => new Promise((done) => setTimeout(done, millis));
/** A pause that is over when the run is. */
export async function idle(millis: number, open: () => boolean): Promise<void> {
  for (const end = Date.now() + millis; open() && Date.now() < end;) await pause(100);
}
/** No step of a visitor takes longer: one that does is given up. */
const STEP_MILLIS = 5_000;

let asked = 0;

/** One tab of a visitor, until the run is over; leaves it open. */
export async function tab(context: BrowserContext, around: Surroundings): Promise<void> {
  const { ledger, random, open } = around;
  let page = await context.newPage();
  await page.goto(address(around), { timeout: STEP_MILLIS }).catch(() => undefined);
  while (open()) {
    try {
      await visit(page, around);
    } catch {
      // Offline, crashed, or on its way to another page.
      ledger.count("steps that failed");
      await pause(random() * 200);
    }
    if (!page.isClosed() && !crashed.has(page)) continue;
    await page.close().catch(() => undefined);
    page = await context.newPage();
    await page.goto(address(around), { timeout: STEP_MILLIS }).catch(() => undefined);
  }
}

/** Pages whose process is gone. */
const crashed = new WeakSet<Page>();

/** Loses the network now and then, for all tabs of a visitor. */
export async function weather(
  context: BrowserContext,
  { random, ledger, open }: Surroundings,
): Promise<void> {
  while (open()) {
    await idle(3_000 + random() * 9_000, open);
    if (!open()) break;
    ledger.count("network lost");
    await setOffline(context, true);
    await pause(300 + random() * 2_500);
    await setOffline(context, false);
  }
}

/** Also while a page of the context is crashed and not closed yet, which makes Playwright give up. */
export async function setOffline(context: BrowserContext, offline: boolean): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      return await context.setOffline(offline);
    } catch {
      await pause(100);
    }
  }
}

function address({ origin, random }: Surroundings): string {
  const pixel = weighted<Setting["pixel"]>({ mirror: 6, drive: 2, off: 2 }, random);
  return `${origin}/?pixel=${pixel}${random() < 0.4 ? "&async" : ""}`;
}

/** A few bursts of events on the page that is open, and a departure. */
async function visit(page: Page, around: Surroundings): Promise<void> {
  const { random, ledger } = around;
  const at = new URL(page.url());
  if (at.origin !== around.origin) {
    await page.goto(address(around), { timeout: STEP_MILLIS });
    return;
  }
  const pixel = at.searchParams.get("pixel");
  // Without the bridge nothing is tracked: its script may have been lost.
  const ready = () => page.evaluate(() => (window as unknown as ChaosWindow).chaos.ready());
  for (let tries = 0; !(await within(ready())) && tries < 5; tries++) await pause(100);
  for (let bursts = 1 + Math.floor(random() * 3); bursts > 0; bursts--) {
    const all = Array.from({ length: 1 + Math.floor(random() * 9) }, () => ask(pixel, around));
    await within(page.evaluate((all) => (window as unknown as ChaosWindow).chaos.track(all), all));
    await pause(random() * 500);
  }
  // Most stay for more than a second, some leave in the same moment.
  if (random() < 0.85) await pause(1_050 + random() * 900);
  const departure = weighted(DEPARTURES, random);
  ledger.count(`left by: ${departure}`);
  await leave(page, departure, around);
}

function ask(pixel: string | null, { random, ledger, orders }: Surroundings): Asked {
  const name = weighted(NAMES, random);
  let number = `number-${++asked}`;
  if (name === "Purchase") {
    // Now and then an order comes once more.
    const again = random() < 0.1 ? orders[Math.floor(random() * orders.length)] : undefined;
    if (again === undefined) orders.push(number);
    else number = again;
  }
  ledger.ask(number);
  const mirrored = pixel === "mirror" && random() < 0.7;
  const how = !mirrored ? "bridge" : random() < 0.85 ? "fbq" : "single";
  return { number, name, how, order: name === "Purchase", customer: random() < 0.05 };
}

async function leave(page: Page, departure: keyof typeof DEPARTURES, around: Surroundings): Promise<void> {
  const { ledger } = around;
  const waits = { timeout: STEP_MILLIS, waitUntil: "commit" } as const;
  switch (departure) {
    case "reload":
      await page.reload(waits);
      return;
    case "link":
      await within(page.evaluate((to) => void (location.href = to), address(around)));
      await page.waitForEvent("domcontentloaded", { timeout: STEP_MILLIS });
      return;
    case "address":
      await page.goto(address(around), waits);
      return;
    case "back":
    case "forward":
      await within(page.evaluate((to) => history.go(to), departure === "back" ? -1 : 1));
      await pause(300);
      return;
    case "elsewhere":
      await page.goto("about:blank", waits);
      return;
    case "closed tab":
      await page.close();
      return;
    case "closed tab, asked":
      await page.close({ runBeforeUnload: true });
      await page.waitForEvent("close", { timeout: STEP_MILLIS }).catch(() => undefined);
      return;
    case "crash": {
      crashed.add(page);
      const document = await within(page.evaluate(() => (window as unknown as ChaosWindow).chaos.document));
      ledger.crashed(document, Date.now());
      const session = await page.context().newCDPSession(page);
      // It has no answer.
      void session.send("Page.crash").catch(() => undefined);
      await page.waitForEvent("crash", { timeout: STEP_MILLIS });
      return;
    }
    case "within the page": {
      // The PageView of this address is the bridge's own: the address says that it was asked for.
      const number = `number-${++asked}`;
      ledger.ask(number);
      await within(page.evaluate((number) => history.pushState({}, "", `#${number}`), number));
    }
  }
}

/** A page that hangs is given up, not waited for. */
async function within<T>(step: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error("the page does not answer")), STEP_MILLIS);
  });
  try {
    return await Promise.race([step, late]);
  } finally {
    clearTimeout(timer);
  }
}
