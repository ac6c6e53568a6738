// A Firefox as its maker or a distribution ships it, over WebDriver BiDi.

import { launch } from "puppeteer-core";
import { type Browser, stored } from "./browser.ts";

/** Starts the Firefox at this path, without a window and with a profile of its own. */
export async function openFirefox(executablePath: string): Promise<Browser> {
  const browser = await launch({ browser: "firefox", executablePath, acceptInsecureCerts: true });
  return {
    engine: "firefox",
    version: (await browser.version()).replace("firefox/", ""),
    async visitor() {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      return {
        goto: async (url) => void (await page.goto(url)),
        evaluate: (run: (given: never) => unknown, given?: unknown) =>
          page.evaluate(run, given as never) as Promise<never>,
        cookies: async () =>
          stored(
            (await context.cookies()).map(({ httpOnly = false, ...cookie }) => ({ ...cookie, httpOnly })),
          ),
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}
