// Opens a browser: the one that is named in the environment, else Playwright's own.

import type { Browser, Engine } from "./browser.ts";
import { openWithPlaywright } from "./playwright.ts";
import { openFirefox } from "./firefox.ts";
import { openWebKit } from "./webkit.ts";

/**
 * Starts a browser.
 *
 * `CHROMIUM_PATH` and `FIREFOX_PATH` name a browser that is not Playwright's own, `WEBKIT_DRIVER_PATH`
 * WebKitGTK's WebDriver. `cargo xtask test browsers` sets them.
 */
export function open(engine: Engine): Promise<Browser> {
  const { CHROMIUM_PATH, FIREFOX_PATH, WEBKIT_DRIVER_PATH } = process.env;
  // Playwright drives a Firefox or WebKit that it patched itself; others speak the W3C's protocols.
  if (engine === "firefox" && FIREFOX_PATH !== undefined) return openFirefox(FIREFOX_PATH);
  if (engine === "webkit" && WEBKIT_DRIVER_PATH !== undefined) return openWebKit(WEBKIT_DRIVER_PATH);
  return openWithPlaywright(engine, engine === "chromium" ? CHROMIUM_PATH : undefined);
}
