// The chaos test. Visitors track events while the network, the worker and their own browsers fail. At the end
// the sandbox has each promised event once, and no event that was not tracked.

import { type Browser, type BrowserContext, chromium, type Page } from "@playwright/test";
import { retryWhileTaken, startWorkerd } from "../../src/shell/serve/workerd.ts";
import { edge, sandbox } from "../../src/shell/testing/services.ts";
import { ROOT, type Report, scratch } from "../support/sandbox.ts";
import { seeded } from "../support/seeded.ts";
import { Ledger, type Verdict } from "./ledger.ts";
import { type ChaosWindow, DATASETS, LEFT, TELL, type Told } from "./page.ts";
import { startSite } from "./site.ts";
import { idle, setOffline, tab, weather, within } from "./visitors.ts";

/** The size and the random numbers of a run. */
export interface Options {
  /** The number of events after which the visitors stop. */
  events: number;
  visitors: number;
  tabs: number;
  seed: number;
  /** The longest time that the visitors go on, in milliseconds. */
  millis: number;
  say(text: string): void;
}

/** Limits the time in which waiting events arrive after the last fault, in milliseconds. */
const DRAINED_WITHIN_MILLIS = 60_000;
/** Limits the time in which a page that was closed says that it was left, in milliseconds. */
const LEFT_WITHIN_MILLIS = 20_000;
/** The most events that the sandbox shows. */
const MOST_SHOWN = 10_000;
const KEY = "chaos-test-key-0123456789abcdef0123456789";
const HOSTS = ["localhost", "www.shop.example"];

const pause = (millis: number) => new Promise((done) => setTimeout(done, millis));

/** Runs the chaos test and returns its verdict. */
export async function chaos({ events, visitors, tabs, seed, millis, say }: Options): Promise<Verdict> {
  const random = seeded(seed);
  const ledger = new Ledger();
  /** The worker's port. The first worker chooses it, and each later one uses it again. */
  let workerPort = 0;
  const site = await startSite(() => workerPort, random);
  const meta = await startWorkerd({
    services: [sandbox(ROOT)],
    ports: { sandbox: 0 },
    state: scratch("chaos-sandbox"),
  });
  const state = scratch("chaos");
  const configuration = {
    datasets: DATASETS,
    allowedOrigins: HOSTS.map((host) => `http://${host}:${site.port}`),
    graphUrl: meta.urls["sandbox"] ?? "",
    holdSeconds: 0,
    // Long, so that a busy machine does not look like a slow Meta.
    timeoutMillis: 15_000,
    retryAtMostSeconds: 1,
  };
  const startWorker = () =>
    startWorkerd({
      services: [edge(ROOT, configuration)],
      ports: { edge: workerPort },
      state,
      environment: { META_ACCESS_TOKEN: "test-token", BRIDGE_KEY: KEY },
    });
  let worker = await startWorker();
  workerPort = Number(new URL(worker.urls["edge"] ?? "").port);
  let browser: Browser | undefined;
  try {
    browser = await launch();
    const end = Date.now() + millis;
    let over = false;
    const open = () => !over && ledger.tracked < events && Date.now() < end;

    /** Reads the newest events of the sandbox, which does not keep all events of a long run. */
    const look = async (limit: number): Promise<void> => {
      const url = `${meta.urls["sandbox"]}/api/events?limit=${limit}`;
      const { events, requests } = (await (await fetch(url)).json()) as Report;
      const overlaps = ledger.saw(events, requests);
      // A restarted worker sends a thousand events at once. Read more, so that none is missed.
      if (!overlaps && events.length === limit && limit < MOST_SHOWN) {
        ledger.count("looks that were not enough");
        await look(MOST_SHOWN);
      }
    };
    const watch = async () => {
      for (let round = 1; open(); round++) {
        await idle(2_000, open);
        await look(1_000);
        if (round % 10 === 0) say(`${ledger.tracked} tracked, ${ledger.arrived} at Meta`);
      }
    };
    const kill = async () => {
      while (open()) {
        await idle(4_000 + random() * 8_000, open);
        if (!open()) break;
        await worker.stop("SIGKILL");
        ledger.killed(Date.now());
        ledger.count("worker killed");
        // While no worker runs, the site resets the connections of the pages.
        await pause(random() * 1_500);
        worker = await retryWhileTaken(startWorker);
      }
    };
    const all: { context: BrowserContext; origin: string }[] = [];
    for (let visitor = 0; visitor < visitors; visitor++) {
      const context = await browser.newContext();
      context.setDefaultTimeout(5_000);
      await context.exposeBinding(TELL, (_, told: Told) => ledger.told(told));
      context.on("console", (message) => {
        if (message.type() === "warning" && message.text().startsWith("capi-bridge"))
          ledger.warned(message.text());
      });
      context.on("weberror", (error) => ledger.wrong(error.error().message));
      all.push({ context, origin: `http://${HOSTS[visitor % HOSTS.length]}:${site.port}` });
    }
    await Promise.all([
      watch(),
      kill(),
      ...all.flatMap(({ context, origin }) => {
        const around = { origin, random, ledger, orders: [], open };
        return [weather(context, around), ...Array.from({ length: tabs }, () => tab(context, around))];
      }),
    ]);
    over = true;
    say(`${ledger.tracked} tracked, ${ledger.arrived} at Meta; now everything works`);
    site.calmDown();
    for (const { context, origin } of all) await drain(context, origin, ledger);
    await settled(`http://127.0.0.1:${workerPort}`);
    await look(MOST_SHOWN);
    for (const [what, times] of site.counts) ledger.count(what, times);
    return ledger.verdict(site.tries);
  } finally {
    await browser?.close();
    await worker.stop();
    await meta.stop();
    await site.stop();
  }
}

function launch(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM_PATH"];
  return chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--disable-background-networking",
      "--host-resolver-rules=MAP *.example 127.0.0.1",
    ],
    // The run includes pages that come back from the back/forward cache.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}

/** Leaves every tab, opens more pages until no event is stored, and reads the clean departures. */
async function drain(context: BrowserContext, origin: string, ledger: Ledger): Promise<void> {
  const leaving: string[] = [];
  for (const page of context.pages()) {
    const document = page.evaluate(() => (window as unknown as ChaosWindow).chaos.document);
    // A crashed page does not answer, and `about:blank` has no bridge.
    await within(document).then(
      (document) => leaving.push(document),
      () => undefined,
    );
    await page.goto("about:blank").catch(() => undefined);
    await page.close().catch(() => undefined);
  }
  const page = await context.newPage();
  const open = () => page.goto(`${origin}/?pixel=off`, { waitUntil: "networkidle" }).catch(() => undefined);
  await open();
  // A browser runs `pagehide` after it shows the next page, on a busy machine seconds after. What a page stores then is
  // sent by a page that opens later.
  const hasLeft = async (document: string) => (await keys(page, `${LEFT}${document}.`)).length > 0;
  for (const document of leaving) {
    for (const end = Date.now() + LEFT_WITHIN_MILLIS; !(await hasLeft(document)) && Date.now() < end;) {
      ledger.count("waits for a page that leaves");
      await pause(100);
    }
  }
  const waits = async () => (await keys(page, "capi-bridge.event.", "capi-bridge.held.")).length > 0;
  for (const end = Date.now() + DRAINED_WITHIN_MILLIS; (await waits()) && Date.now() < end;) {
    // Each time a new page, because one that goes offline while its scripts load sends nothing.
    await open();
    for (let round = 0; round < 10 && (await waits()); round++) {
      // The bridge retries stored events at once when the browser is online again.
      await setOffline(context, true);
      await setOffline(context, false);
      await pause(1_000);
    }
  }
  const marks = await page.evaluate(() => ({ ...localStorage }) as Record<string, string>);
  for (const [key, told] of Object.entries(marks).filter(([key]) => key.startsWith(LEFT))) {
    const [document = "", at] = key.slice(LEFT.length).split(".");
    ledger.left(document, Number(at), JSON.parse(told) as Told[]);
  }
}

function keys(page: Page, ...prefixes: string[]): Promise<string[]> {
  return page.evaluate(
    (prefixes) =>
      Object.keys(localStorage).filter((key) => prefixes.some((prefix) => key.startsWith(prefix))),
    prefixes,
  );
}

/** Waits until the worker's outbox is empty. */
async function settled(url: string): Promise<void> {
  const end = Date.now() + DRAINED_WITHIN_MILLIS;
  while (Date.now() < end) {
    const headers = { authorization: `Bearer ${KEY}` };
    const answer = await fetch(`${url}/bridge/status`, { headers });
    const { datasets } = (await answer.json()) as { datasets: { depth: number }[] };
    if (datasets.every(({ depth }) => depth === 0)) return;
    await pause(500);
  }
  throw new Error("the worker's outbox is not empty after a minute");
}
