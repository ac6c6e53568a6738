// Any Chromium, and Playwright's own Firefox and WebKit.

import { chromium, firefox, webkit } from "@playwright/test";
import { type Browser, type Engine, stored } from "./browser.ts";

const TYPES = { chromium, firefox, webkit };

/** Starts Playwright's own browser of this engine, or the Chromium at `executablePath`. */
export async function openWithPlaywright(engine: Engine, executablePath?: string): Promise<Browser> {
  const browser = await TYPES[engine].launch(executablePath === undefined ? {} : { executablePath });
  return {
    engine,
    version: browser.version(),
    async visitor() {
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      return {
        goto: async (url) => void (await page.goto(url)),
        evaluate: (run: (given: never) => unknown, given?: unknown) =>
          page.evaluate(run, given as never) as Promise<never>,
        cookies: async () => stored(await context.cookies(page.url())),
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}
