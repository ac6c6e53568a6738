// Watches the pages of a browser: the pixel's hits and posts of events, of sites with capi-bridge and without.
//
// Requests to Meta are answered here, so that no test event reaches Meta.

import type { BrowserContext, Page, Request, Route } from "@playwright/test";
import { type ObservedCopy, parseHit, parsePost, type Source, type VisitedPage } from "./observed.ts";

/** The options for watching a browser. */
export interface WatchOptions {
  /** The address to which hits are passed on. Default: they are only recorded. */
  sandbox?: { url: string } | undefined;
  /**
   * The script that pages get as `fbevents.js` of connect.facebook.net: the sandbox's stand-in, or Meta's own, whose hits
   * stay here all the same. Default: `stand-in`.
   */
  pixel?: "stand-in" | "real";
  /** Paths of the site's own server that take events in a shape of their own. Their JSON is read for known names. */
  serverPaths?: (string | RegExp)[];
  /** The number of the visitor. Default: 0. */
  visitor?: number;
}

/** The events that were seen so far. The lists grow. */
export interface Watched {
  copies: ObservedCopy[];
  pages: VisitedPage[];
  /** Documents and scripts, to find lines in. */
  sources: Source[];
  /** Requests to Meta that were stopped because nothing here answers them. */
  stopped: string[];
  /** Notes the cookies and the e-mail addresses of the page that is open now. */
  look(page: Page): Promise<void>;
  /** Resolves once every request that was passed on has been answered. */
  idle(): Promise<void>;
}

const META = /(^|\.)(facebook\.com|facebook\.net|instagram\.com)$/;
/** Meta's answer to a hit. */
const PICTURE = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
/** The most sources that are kept, and the most characters of one. */
const MAX_SOURCES = 200;
const MAX_SOURCE_CHARACTERS = 2_000_000;
/** Stands for Meta's script if there is no sandbox: the queue of the page's snippet stays as it is. */
const NO_SCRIPT = "/* No sandbox, so no stand-in for fbevents.js. */";

/**
 * Watches a browser context. Call it before the first page is opened.
 *
 * ```ts
 * const watched = await watchPage(context, { sandbox });
 * await page.goto("https://staging.shop.example/");
 * report({ ...watched, nowMillis: Date.now() });
 * ```
 */
export async function watchPage(context: BrowserContext, options: WatchOptions = {}): Promise<Watched> {
  const { sandbox, pixel = "stand-in", serverPaths = [], visitor = 0 } = options;
  const pending = new Set<Promise<unknown>>();
  const indexes = new WeakMap<Page, number>();
  const watched: Watched = {
    copies: [],
    pages: [],
    sources: [],
    stopped: [],
    look: (page) => look(page, watched, indexes),
    async idle() {
      while (pending.size > 0) await Promise.allSettled(pending);
    },
  };
  const track = (work: Promise<unknown>) => {
    const settled = work.catch(() => undefined).finally(() => pending.delete(settled));
    pending.add(settled);
  };
  const pageOf = (request: Request): number => {
    try {
      return indexes.get(request.frame().page()) ?? -1;
    } catch {
      // A service worker's request has no frame.
      return -1;
    }
  };
  const note = async (request: Request) => {
    const page = pageOf(request);
    const body = request.postData() ?? "";
    const hit = parseHit(request.url(), await asForm(body, request));
    if (hit !== undefined) return void watched.copies.push({ ...hit, visitor, page });
    if (request.method() !== "POST") return;
    const { pathname } = new URL(request.url());
    const isKnown = serverPaths.some((path) =>
      typeof path === "string" ? pathname === path : path.test(pathname),
    );
    const isEvents = /\/events\/?$/.test(pathname) || isKnown || !META.test(new URL(request.url()).hostname);
    if (isEvents) for (const event of parsePost(body)) watched.copies.push({ ...event, visitor, page });
  };

  context.on("request", (request) => {
    const isDocument = request.isNavigationRequest() && request.redirectedFrom() === null;
    if (isDocument && isMainFrame(request)) {
      const page = request.frame().page();
      indexes.set(page, watched.pages.push({ url: request.url(), visitor }) - 1);
    }
    if (/^https?:/.test(request.url())) track(note(request));
  });
  context.on("response", (response) => {
    const type = response.request().resourceType();
    if (!["document", "script"].includes(type) || META.test(new URL(response.url()).hostname)) return;
    if (watched.sources.length >= MAX_SOURCES) return;
    track(
      response.text().then((text) => {
        if (text.length <= MAX_SOURCE_CHARACTERS) watched.sources.push({ url: response.url(), text });
      }),
    );
  });
  await context.route(
    ({ hostname }) => META.test(hostname),
    (route) => answer(route, watched, sandbox, pixel),
  );
  return watched;
}

function isMainFrame(request: Request): boolean {
  try {
    return request.frame().parentFrame() === null;
  } catch {
    return false;
  }
}

/** Answers a request to Meta: scripts from the sandbox, hits by the sandbox, and no other. */
async function answer(
  route: Route,
  watched: Watched,
  sandbox: WatchOptions["sandbox"],
  pixel: WatchOptions["pixel"],
): Promise<void> {
  const request = route.request();
  const { pathname } = new URL(request.url());
  if (parseHit(request.url(), await asForm(request.postData() ?? "", request)) !== undefined) {
    if (sandbox !== undefined) await passOn(request, sandbox.url);
    return route.fulfill({ contentType: "image/gif", body: PICTURE });
  }
  if (/\.js$/.test(pathname) || pathname.startsWith("/signals/")) {
    if (pixel === "real") {
      const real = await route.fetch({ timeout: 10_000 }).catch(() => undefined);
      if (real?.ok() === true) return route.fulfill({ response: real });
    }
    const isPixel = pathname.endsWith("/fbevents.js");
    const body = isPixel && sandbox !== undefined ? await standIn(sandbox.url) : NO_SCRIPT;
    return route.fulfill({ contentType: "text/javascript", body });
  }
  watched.stopped.push(request.url());
  return route.abort();
}

/** Passes a hit on to the sandbox, as the browser would have sent it to Meta. */
async function passOn(request: Request, url: string): Promise<void> {
  const { search } = new URL(request.url());
  const agent = request.headers()["user-agent"];
  const form = await asForm(request.postData() ?? "", request);
  await fetch(`${url}/tr/${search}`, {
    method: request.method(),
    headers: {
      ...(agent !== undefined && { "user-agent": agent }),
      ...(form !== "" && { "content-type": "application/x-www-form-urlencoded" }),
    },
    ...(request.method() === "POST" && { body: form }),
  }).catch(() => undefined);
}

async function standIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/fbevents.js`).catch(() => undefined);
  return answer?.ok === true ? answer.text() : NO_SCRIPT;
}

/** Returns a body as a URL-encoded form. Beacons of a `FormData` are multipart. */
async function asForm(body: string, request: Request): Promise<string> {
  const type = request.headers()["content-type"] ?? "";
  if (!type.startsWith("multipart/form-data")) return body;
  try {
    const form = await new Response(body, { headers: { "content-type": type } }).formData();
    return new URLSearchParams([...form].map(([name, value]) => [name, String(value)])).toString();
  } catch {
    return body;
  }
}

async function look(page: Page, watched: Watched, indexes: WeakMap<Page, number>): Promise<void> {
  const visited = watched.pages[indexes.get(page) ?? -1];
  if (visited === undefined) return;
  const cookies = await page.context().cookies(page.url());
  const value = (name: string) => cookies.find((cookie) => cookie.name === name)?.value;
  visited.fbp = value("_fbp");
  visited.fbc = value("_fbc");
  visited.emails = await page
    .evaluate(() => {
      const fields = [...document.querySelectorAll("input")].map((input) => input.value);
      const texts = [document.documentElement.innerHTML, ...fields].join("\n");
      return [...new Set(texts.match(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g) ?? [])].slice(0, 100);
    })
    .catch(() => []);
}
