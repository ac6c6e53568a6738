// Drives a browser over a site and reports what becomes of each event: the engine of `capi-bridge check`.

import type { Browser, BrowserContext, Page } from "@playwright/test";
import { newClickId } from "./cookies.ts";
import { type ObservedCopy, parsedEvent } from "./observed.ts";
import { type Sandbox, startSandbox } from "./sandbox.ts";
import { judged, type Observed, type SiteEvent, type SiteFinding } from "./site-report.ts";
import { type Watched, watchPage, type WatchOptions } from "./watch.ts";

/** Options of `checkSite`. */
export interface CheckOptions {
  url: string;
  /** A browser of Playwright. Default: an installed Chromium, which is ended afterwards. */
  browser?: Browser;
  /** The path of the browser's program. Default: the one that Playwright installed. */
  executablePath?: string;
  /** A sandbox to which the site's server sends its events in this environment. */
  sandbox?: Pick<Sandbox, "url" | "report">;
  /** The pixel's script. Default: `real`, so that the site behaves as it does for visitors. No hit reaches Meta. */
  pixel?: WatchOptions["pixel"];
  /** Paths of the site's server that take events in a shape of their own. */
  serverPaths?: (string | RegExp)[];
  /** More pages to open, as addresses or paths. */
  visit?: string[];
  /** Steps of a visitor, such as an order, after the first page is open. */
  steps?: (page: Page) => Promise<void>;
  /** E-mail addresses that the steps type. */
  emails?: string[];
  /** The longest wait for a page, in milliseconds. Default: 30,000. */
  timeoutMillis?: number;
  /** Called with what is being done, in words, for a progress line. */
  onProgress?: (sentence: string) => void;
}

/** The outcome of a site's events. */
export interface SiteReport {
  url: string;
  events: SiteEvent[];
  findings: SiteFinding[];
  /** The pages that were opened. */
  pages: string[];
  /** True if no event is doubled, lost or malformed, and nothing else is wrong. */
  isOk: boolean;
}

/** A site could not be checked. The message names the reason and says what to try next. */
export class CheckError extends Error {
  readonly reason: "no-browser" | "bad-url" | "never-loads" | "blocked" | "no-pixel";

  constructor(reason: CheckError["reason"], message: string) {
    super(message);
    this.name = "CheckError";
    this.reason = reason;
  }
}

const TIMEOUT_MILLIS = 30_000;
/** How long a page has to be without a new event before it is left, in milliseconds, and the longest wait for that. */
const QUIET_MILLIS = 1_500;
const MAX_QUIET_MILLIS = 10_000;
/** Words in the title of pages that ask whether a visitor is a robot. */
const CHALLENGE =
  /just a moment|attention required|access denied|are you (a )?(human|robot)|captcha|bot check/i;

/**
 * Checks a site. Two visitors open it, each with a click id of their own; the first one comes back without it.
 *
 * @throws {CheckError} when there is nothing to check, with what to try next
 */
export async function checkSite(options: CheckOptions): Promise<SiteReport> {
  const { url, timeoutMillis = TIMEOUT_MILLIS, onProgress = () => undefined } = options;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CheckError(
      "bad-url",
      `${url} is no web address. Try one such as https://shop.example/ or http://localhost:3000.`,
    );
  }
  const browser = options.browser ?? (await launched(options.executablePath));
  // Without a sandbox of the site's server, one is started for the pixel's stand-in and the hits.
  const own = options.sandbox === undefined ? await startSandbox() : undefined;
  const sandbox = options.sandbox ?? own;
  const watched: Watched[] = [];
  try {
    for (const visitor of [0, 1]) {
      onProgress(`Visitor ${visitor + 1} of 2 opens ${url}`);
      const context = await browser.newContext();
      try {
        watched.push(
          await visitSite(context, visitor, { ...options, ...(sandbox && { sandbox }), timeoutMillis }),
        );
      } finally {
        await context.close().catch(() => undefined);
      }
    }
  } finally {
    if (options.browser === undefined) await browser.close().catch(() => undefined);
    await own?.stop();
  }
  const observed = joined(watched, options.emails);
  await addServerCopies(observed, options.sandbox);
  if (!observed.copies.some(({ side }) => side === "browser")) throw noPixel(url, observed);
  const { events, findings } = judged(observed);
  return {
    url,
    events,
    findings,
    pages: observed.pages.map((page) => page.url),
    isOk: findings.length === 0 && events.every(({ verdict }) => verdict === "merged"),
  };
}

/** One visitor: arrives with a click id, takes the steps, opens more pages, and comes back without the click id. */
async function visitSite(
  context: BrowserContext,
  visitor: number,
  options: CheckOptions & { timeoutMillis: number },
): Promise<Watched> {
  const { url, sandbox, pixel = "real", serverPaths = [], visit = [], steps, timeoutMillis } = options;
  const watched = await watchPage(context, { sandbox, pixel, serverPaths, visitor });
  const page = await context.newPage();
  page.setDefaultTimeout(timeoutMillis);
  const arrival = new URL(url);
  arrival.searchParams.set("fbclid", newClickId());
  await open(page, arrival.href, url, timeoutMillis);
  await settled(page, watched);
  if (visitor > 0) return watched;
  if (steps) {
    await steps(page);
    await settled(page, watched);
  }
  for (const next of [...visit, url]) {
    await open(page, new URL(next, url).href, url, timeoutMillis);
    await settled(page, watched);
  }
  return watched;
}

/** @throws {CheckError} when the page cannot be opened, or is not the site's */
async function open(page: Page, address: string, site: string, timeout: number): Promise<void> {
  let response;
  try {
    response = await page.goto(address, { waitUntil: "domcontentloaded", timeout });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const why = /net::(ERR_\w+)|NS_ERROR_\w+/.exec(text)?.[0];
    throw new CheckError(
      "never-loads",
      why === undefined
        ? `${site} did not load within ${Math.round(timeout / 1000)} seconds. Open it in your own browser, and give it more time with a longer timeout.`
        : `${site} does not load (${why}). Is the site running, and the address right? Try: curl -I ${site}`,
    );
  }
  const status = response?.status() ?? 200;
  const title = await page.title().catch(() => "");
  if (
    [401, 403, 407, 429].includes(status) ||
    response?.headers()["cf-mitigated"] !== undefined ||
    CHALLENGE.test(title)
  ) {
    throw new CheckError(
      "blocked",
      `${site} turns this browser away (${status}${title === "" ? "" : `, "${title.slice(0, 60)}"`}): it blocks headless browsers, or needs a login. Allow this machine's address there, or check a staging site.`,
    );
  }
  if (status >= 500) {
    throw new CheckError(
      "never-loads",
      `${site} answers ${status}, an error of its server. Try again once it opens in your own browser.`,
    );
  }
}

/** Waits until a page sends no more events, then notes its cookies. */
async function settled(page: Page, watched: Watched): Promise<void> {
  await page.waitForLoadState("load").catch(() => undefined);
  const end = Date.now() + MAX_QUIET_MILLIS;
  let [count, since] = [watched.copies.length, Date.now()];
  while (Date.now() - since < QUIET_MILLIS && Date.now() < end) {
    await page.waitForTimeout(100);
    if (watched.copies.length !== count) [count, since] = [watched.copies.length, Date.now()];
  }
  await watched.look(page);
  await watched.idle();
}

/** Joins what the visitors did into one list of pages and copies. */
function joined(all: Watched[], emails: string[] = []): Observed {
  const observed: Observed & { sources: Observed["sources"] } = {
    copies: [],
    pages: [],
    sources: [],
    emails,
    nowMillis: Date.now(),
  };
  for (const { copies, pages, sources } of all) {
    const before = observed.pages.length;
    observed.pages.push(...pages);
    observed.copies.push(
      ...copies.map((copy) => ({ ...copy, page: copy.page < 0 ? -1 : copy.page + before })),
    );
    observed.sources?.push(...sources);
  }
  return observed;
}

/** Adds the server copies that the sandbox received and that did not leave a page. */
async function addServerCopies(observed: Observed, sandbox: CheckOptions["sandbox"]): Promise<void> {
  if (sandbox === undefined) return;
  for (const { event_name, dataset_id, server } of (await sandbox.report()).events) {
    if (server === null) continue;
    const parsed = parsedEvent(
      event_name,
      { ...server, event_source_url: server.url, referrer_url: server.referrer },
      dataset_id,
    );
    const isKnown = observed.copies.some(
      (copy) => copy.side === "server" && copy.eventName === event_name && copy.eventId === parsed.eventId,
    );
    if (!isKnown) observed.copies.push({ ...parsed, ...ownerOf(parsed, observed) });
  }
}

/** Finds the visitor of a server's copy, by its id or its fbp. */
function ownerOf(
  parsed: Pick<ObservedCopy, "eventId" | "fbp">,
  { copies }: Observed,
): Pick<ObservedCopy, "visitor" | "page"> {
  const own =
    copies.find(
      ({ side, eventId }) => side === "browser" && eventId !== undefined && eventId === parsed.eventId,
    ) ?? copies.find(({ side, fbp }) => side === "browser" && fbp !== undefined && fbp === parsed.fbp);
  return { visitor: own?.visitor ?? 0, page: own?.page ?? -1 };
}

function noPixel(url: string, { copies }: Observed): CheckError {
  const servers = copies.length;
  return new CheckError(
    "no-pixel",
    servers > 0
      ? `${url} sent ${servers} events to a server and none by the pixel. Does a consent banner or a content blocker keep the pixel away? Accept it in the steps.`
      : `${url} has no Meta Pixel that sends events. Does it wait for consent? Accept it in the steps, or check a page that has the pixel.`,
  );
}

/** @throws {CheckError} when Playwright or its browser is missing */
async function launched(executablePath: string | undefined): Promise<Browser> {
  let chromium;
  try {
    ({ chromium } = await import("@playwright/test"));
  } catch {
    throw new CheckError(
      "no-browser",
      "Playwright is not installed, which drives the browser. Try: npm install --save-dev @playwright/test && npx playwright install chromium",
    );
  }
  try {
    return await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      // Chromium's sandbox does not start as root, which containers are.
      ...(process.getuid?.() === 0 && { args: ["--no-sandbox"] }),
    });
  } catch (error) {
    const [first = ""] = String(error).split("\n");
    throw new CheckError(
      "no-browser",
      `Chromium does not start (${first.slice(0, 160)}). Try: npx playwright install chromium`,
    );
  }
}
