// `capi-bridge/testing/playwright`: Playwright's `test` with Meta's stand-in and the bridge, and `expect` with matchers.

import {
  expect as baseExpect,
  type BrowserContext,
  type ExpectMatcherState,
  type Page,
  test as baseTest,
} from "@playwright/test";
import type { Report } from "./api.ts";
import { type Bridge, type BridgeOptions, startBridge } from "./bridge.ts";
import { type FoundCookie, hasCookie, seedCookies, type Visitor } from "./cookies.ts";
import { drawEvents } from "./draw.ts";
import * as matchers from "./matchers.ts";
import { type Proxy, proxy } from "./proxy.ts";
import { type Sandbox, startSandbox } from "./sandbox.ts";
import { settle } from "./settle.ts";
import type { Site } from "./site.ts";
import { report as faultsOf, type SiteFinding } from "./site-report.ts";
import { type Watched, watchPage, type WatchOptions } from "./watch.ts";

export { checkSite, CheckError, type CheckOptions, type SiteReport } from "./check-site.ts";
export type { MatcherOptions } from "./matchers.ts";
export { report, type SiteEvent, type SiteFinding } from "./site-report.ts";
export { type Watched, watchPage, type WatchOptions } from "./watch.ts";

/** The fixture `capi`: Meta's stand-in and the bridge, empty at the start of each test. */
export interface Capi extends Omit<Sandbox, "stop" | "reset"> {
  /** The address of the site with the bridge on its origin. Relative addresses of `page.goto` mean this one. */
  site: string;
  sandbox: Sandbox;
  bridge: Bridge;
  /** The events that the test's pages sent, also on sites without capi-bridge. */
  watched: Watched;
  /** Gives the visitor cookies of an earlier visit. Call it before the first page. */
  seedCookies(visitor?: Visitor): Promise<void>;
  /** Returns the faults of what the pages sent so far. */
  faults(): SiteFinding[];
  /** Empties the sandbox and starts an empty bridge, in the middle of a test. */
  reset(): Promise<void>;
}

/** Options of a worker: `test.use({ capiOptions: { datasets: ["42"] } })` at the top of a file. */
export interface CapiOptions extends Omit<BridgeOptions, "sandbox"> {
  /** A sandbox that runs already. Default: one for each worker of Playwright. */
  sandbox?: Sandbox;
}

interface Services {
  sandbox: Sandbox;
  bridge: Bridge;
  proxy: Proxy;
  isUsed: boolean;
}

/** The options and fixtures of a test. */
export interface TestFixtures {
  /** The tested site: an address, or the path of a folder with pages. Default: `baseURL`, else no site. */
  site: string | undefined;
  /** The options for watching pages. */
  watch: WatchOptions;
  capi: Capi;
  capiWatched: { now: Watched | undefined };
}

/** The options and fixtures of a worker. */
export interface WorkerFixtures {
  capiOptions: CapiOptions;
  capiServices: Services;
}

const noSite: Site = () =>
  new Response('No site: test.use({ site: "http://localhost:3000" }), or the path of a folder with pages.', {
    status: 404,
  });

/**
 * Playwright's `test` with the fixture `capi`. Each test starts with an empty sandbox and an empty bridge.
 *
 * ```ts
 * import { expect, test } from "capi-bridge/testing/playwright";
 *
 * test.use({ site: "http://localhost:3000" });
 *
 * test("an order is one event", async ({ page, capi }) => {
 *   await page.goto("/checkout");
 *   await page.getByRole("button", { name: "Buy" }).click();
 *   await expect(capi).toBeDeduplicated("Purchase");
 * });
 * ```
 */
export const test = baseTest.extend<TestFixtures, WorkerFixtures>({
  site: [undefined, { option: true }],
  watch: [{}, { option: true }],
  capiOptions: [{}, { option: true, scope: "worker" }],
  capiServices: [
    async ({ capiOptions }, use) => {
      const { sandbox: given, ...options } = capiOptions;
      const sandbox = given ?? (await startSandbox());
      const bridge = await startBridge({ ...options, sandbox });
      const before = await proxy({ site: noSite, bridge, sandbox });
      await use({ sandbox, bridge, proxy: before, isUsed: false });
      await before.stop();
      await bridge.stop();
      if (given === undefined) await sandbox.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  baseURL: async ({ baseURL, site, capiServices }, use) => {
    const { proxy, bridge, sandbox } = capiServices;
    proxy.use({ site: site ?? baseURL ?? noSite, bridge, sandbox });
    await use(proxy.url);
  },
  // eslint-disable-next-line no-empty-pattern
  capiWatched: async ({}, use) => use({ now: undefined }),
  context: async ({ context, capiServices, capiWatched, watch }, use) => {
    capiWatched.now = await watchPage(context, { sandbox: capiServices.sandbox, ...watch });
    await use(context);
    await capiWatched.now.idle();
  },
  capi: [
    async ({ capiServices, capiWatched, baseURL, context }, use, testInfo) => {
      const { sandbox, bridge } = capiServices;
      const reset = async () => {
        await bridge.reset();
        await sandbox.reset();
      };
      if (capiServices.isUsed) await reset();
      capiServices.isUsed = true;
      const site = baseURL ?? "";
      const watched = () => {
        if (capiWatched.now === undefined) throw new Error("capi.watched: the test has no browser context");
        return capiWatched.now;
      };
      const { stop: _, reset: __, ...asked } = sandbox;
      await use({
        ...asked,
        site,
        sandbox,
        bridge,
        get watched() {
          return watched();
        },
        reset,
        seedCookies: async (visitor) => context.addCookies(await seedCookies(site, visitor)),
        faults: () => faultsOf({ ...watched(), nowMillis: Date.now() }),
      });
      await attach(sandbox, testInfo);
    },
    { auto: true },
  ],
});

/** Attaches the test's events to the report, drawn as text. */
async function attach(
  sandbox: Sandbox,
  testInfo: { attach(name: string, options: object): Promise<void> },
): Promise<void> {
  const report: Report | undefined = await sandbox.report().catch(() => undefined);
  if (report === undefined || report.events.length === 0) return;
  await testInfo.attach("events", { body: drawEvents(report.events), contentType: "text/plain" });
}

/** Returns what the matchers need of Playwright. */
const runner = ({ isNot, timeout, utils }: ExpectMatcherState, received: string): matchers.Runner => ({
  isNot,
  timeout,
  hint: (name) => utils.matcherHint(name, received, "", { isNot }),
});

/** Playwright's `expect` with matchers for events and cookies. All of them wait, as Playwright's own do. */
export const expect = baseExpect.extend({
  /** Expects the page's visitor to have a valid cookie `_fbp`. */
  async toHaveFbp(
    this: ExpectMatcherState,
    page: Page | BrowserContext,
    value?: string | RegExp,
    options: { timeout?: number } = {},
  ) {
    return cookie(this, "toHaveFbp", page, "_fbp", value, options);
  },
  /** Expects the page's visitor to have a valid cookie `_fbc`, with this click id if one is given. */
  async toHaveFbc(
    this: ExpectMatcherState,
    page: Page | BrowserContext,
    clickId?: string | RegExp,
    options: { timeout?: number } = {},
  ) {
    return cookie(this, "toHaveFbc", page, "_fbc", clickId, options);
  },
  /** Expects that an event of this name was sent, with at least these parameters. */
  async toHaveSent(
    this: ExpectMatcherState,
    capi: matchers.HasEvents,
    eventName: string,
    parameters?: Record<string, unknown>,
    options?: matchers.MatcherOptions,
  ) {
    return matchers.toHaveSent(runner(this, "capi"), capi, eventName, parameters, options);
  },
  /** Expects that exactly one event of this name was sent, and each of its copies once. */
  async toHaveSentOnce(
    this: ExpectMatcherState,
    capi: matchers.HasEvents,
    eventName: string,
    parameters?: Record<string, unknown>,
    options?: matchers.MatcherOptions,
  ) {
    return matchers.toHaveSentOnce(runner(this, "capi"), capi, eventName, parameters, options);
  },
  /** Expects that Meta takes both copies of each event of this name for one event. */
  async toBeDeduplicated(
    this: ExpectMatcherState,
    capi: matchers.HasEvents,
    eventName: string,
    options?: matchers.MatcherOptions,
  ) {
    return matchers.toBeDeduplicated(runner(this, "capi"), capi, eventName, options);
  },
  /** Expects that both copies of each event of this name have one event id. */
  async toShareEventId(
    this: ExpectMatcherState,
    capi: matchers.HasEvents,
    eventName: string,
    options?: matchers.MatcherOptions,
  ) {
    return matchers.toShareEventId(runner(this, "capi"), capi, eventName, options);
  },
  /** Expects that each event of this name carries these identifiers, such as `fbp`, `fbc`, `em` or `external_id`. */
  async toHaveIdentifiers(
    this: ExpectMatcherState,
    capi: matchers.HasEvents,
    eventName: string,
    identifiers: string[],
    options?: matchers.MatcherOptions,
  ) {
    return matchers.toHaveIdentifiers(runner(this, "capi"), capi, eventName, identifiers, options);
  },
});

async function cookie(
  state: ExpectMatcherState,
  matcher: string,
  received: Page | BrowserContext,
  name: "_fbp" | "_fbc",
  expected: string | RegExp | undefined,
  { timeout = state.timeout }: { timeout?: number },
) {
  const look = async () => hasCookie(await cookiesOf(matcher, received), name, expected);
  const judgement = await settle(look, {
    isNot: state.isNot,
    timeoutMillis: timeout,
    // A cookie that is there is there; one that is not may still come.
    ...(!state.isNot && { quietMillis: 0 }),
  });
  return matchers.outcome(runner(state, "page"), matcher, judgement);
}

/** @throws {TypeError} when a test passes something else to `expect` */
async function cookiesOf(matcher: string, received: Page | BrowserContext): Promise<FoundCookie[]> {
  if (typeof (received as Partial<BrowserContext> | null)?.cookies === "function") {
    return (received as BrowserContext).cookies();
  }
  if (typeof (received as Partial<Page> | null)?.context === "function") {
    const page = received as Page;
    return page.context().cookies(page.url());
  }
  throw new TypeError(`${matcher}: expected a page: await expect(page).${matcher}(…)`);
}
