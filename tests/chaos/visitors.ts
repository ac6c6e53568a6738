// Visitors with several tabs each: they open pages, track, lose the network, and leave in every way there is.

import type { BrowserContext, Page } from "@playwright/test";
import { weighted } from "../support/seeded.ts";
import type { Ledger } from "./ledger.ts";
import type { Asked, ChaosWindow, Setting } from "./page.ts";

/** The ways to leave a page, in percent. */
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

/** Texts with half of an emoji: the first or the second half, in the middle, at the start, at the end. */
const HALVES = [
  "Kitten \ud83d",
  "\ude00 Kitten",
  "Kit\ud83dten",
  "\ud83d",
  "\udfff",
  "\ude00\ud83d",
  "\ud83d\ud83d\ude00",
  '\\\ud800"',
];
/** One of this many events has such a text. */
const HALF_OF = 4;

/** The surroundings of a visitor. */
export interface Surroundings {
  origin: string;
  random: () => number;
  ledger: Ledger;
  /** The numbers of this visitor's orders. Some orders are repeated. */
  orders: string[];
  /** Returns whether the run goes on. */
  open(): boolean;
}

const pause = (millis: number) => new Promise((done) => setTimeout(done, millis));
/** Pauses. Returns early when the run is over. */
export async function idle(millis: number, open: () => boolean): Promise<void> {
  for (const end = Date.now() + millis; open() && Date.now() < end;) await pause(100);
}
/** Limits one step of a visitor, in milliseconds. A step that takes longer is given up. */
const STEP_MILLIS = 5_000;

/**
 * The number of waiting events above which a visitor tracks none. A browser keeps 1000 and drops older ones, which is no
 * loss that the bridge promises to prevent. A busy machine gets there.
 */
const MAX_WAITING = 600;

let asked = 0;

/** Drives one tab of a visitor until the run is over, and leaves the tab open. */
export async function tab(context: BrowserContext, around: Surroundings): Promise<void> {
  const { ledger, random, open } = around;
  let page = await context.newPage();
  await page.goto(address(around), { timeout: STEP_MILLIS }).catch(() => undefined);
  while (open()) {
    try {
      await visit(page, around);
    } catch {
      // The page is offline, has crashed, or is on its way to another page.
      ledger.count("steps that failed");
      await pause(random() * 200);
    }
    if (!page.isClosed() && !crashed.has(page)) continue;
    await page.close().catch(() => undefined);
    page = await context.newPage();
    await page.goto(address(around), { timeout: STEP_MILLIS }).catch(() => undefined);
  }
}

/** Pages whose process has crashed. */
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

/** Sets a context offline or online. Tries again while Playwright fails because of a crashed page. */
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
  // An emoji that was cut in an address, and half an emoji as an old encoder writes it.
  const cut = random() < 0.25 ? "&q=%F0%9F%98&fbclid=IwAR%ED%A0%BD" : "";
  return `${origin}/?pixel=${pixel}${random() < 0.4 ? "&async" : ""}${cut}`;
}

/** Tracks a few bursts of events on the open page, then leaves it. */
async function visit(page: Page, around: Surroundings): Promise<void> {
  const { random, ledger } = around;
  const at = new URL(page.url());
  if (at.origin !== around.origin) {
    await page.goto(address(around), { timeout: STEP_MILLIS });
    return;
  }
  const pixel = at.searchParams.get("pixel");
  // Waits a little for the bridge. Without it nothing is tracked; its script may have been lost.
  const ready = () => page.evaluate(() => (window as unknown as ChaosWindow).chaos.ready());
  for (let tries = 0; !(await within(ready())) && tries < 5; tries++) await pause(100);
  const waiting = await within(page.evaluate(() => (window as unknown as ChaosWindow).chaos.waiting()));
  ledger.atMost("most events that waited in a browser", waiting);
  if (waiting > MAX_WAITING) ledger.count("visits without events, because many wait");
  for (let bursts = waiting > MAX_WAITING ? 0 : 1 + Math.floor(random() * 3); bursts > 0; bursts--) {
    const all = Array.from({ length: 1 + Math.floor(random() * 9) }, () => ask(pixel, around));
    const json = JSON.stringify(all);
    await within(page.evaluate((json) => (window as unknown as ChaosWindow).chaos.track(json), json));
    await pause(random() * 500);
  }
  // Most visitors stay for more than a second, some leave at once.
  if (random() < 0.85) await pause(1_050 + random() * 900);
  const departure = weighted(DEPARTURES, random);
  ledger.count(`left by: ${departure}`);
  await leave(page, departure, around);
}

function ask(pixel: string | null, { random, ledger, orders }: Surroundings): Asked {
  const name = weighted(NAMES, random);
  let number = `number-${++asked}`;
  if (name === "Purchase") {
    // One order in ten repeats an earlier one.
    const again = random() < 0.1 ? orders[Math.floor(random() * orders.length)] : undefined;
    if (again === undefined) orders.push(number);
    else number = again;
  }
  // A repeated order has the same text.
  const half = HALVES[Number(number.replace("number-", "")) % (HALVES.length * HALF_OF)];
  const parameters = {
    number,
    ...(name === "Purchase" && { value: 1, currency: "EUR", order_id: `${number}${half ?? ""}` }),
    ...(half !== undefined && {
      content_name: half,
      content_ids: [half],
      contents: [{ id: half, quantity: 1 }],
      [`key ${half}`]: [half, [half, { [half]: half }]],
    }),
  };
  ledger.ask(number, parameters);
  const mirrored = pixel === "mirror" && random() < 0.7;
  return {
    name: name === "Spin" ? `${name}${half ?? ""}` : name,
    how: !mirrored ? "bridge" : random() < 0.85 ? "fbq" : "single",
    parameters,
    eventId: half !== undefined && name !== "Purchase" && random() < 0.5 ? `${number}${half}` : undefined,
    customer:
      random() < 0.05
        ? { email: `visitor-${number}@shop.example`, firstName: half, externalId: `${number}${half ?? ""}` }
        : undefined,
  };
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
      // The command has no answer.
      void session.send("Page.crash").catch(() => undefined);
      await page.waitForEvent("crash", { timeout: STEP_MILLIS });
      return;
    }
    case "within the page": {
      // The bridge itself tracks the PageView of this address. The fragment carries the driver's number.
      const number = `number-${++asked}`;
      ledger.ask(number, {});
      const query = `${new URL(page.url()).search}&q=${HALVES[asked % HALVES.length] ?? ""}`;
      const json = JSON.stringify(`${query}#${number}`);
      await within(page.evaluate((json) => history.pushState({}, "", JSON.parse(json) as string), json));
    }
  }
}

/** Returns the result of a step. Throws if the page hangs. */
export async function within<T>(step: Promise<T>): Promise<T> {
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
