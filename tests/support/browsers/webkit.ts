// WebKitGTK's own small browser, by its WebDriver, on a screen that only exists in memory.

import type { Browser } from "./browser.ts";
import { type Program, startProgram } from "./program.ts";
import { isReady, startSession } from "./webdriver.ts";
import { eventually } from "../eventually.ts";
import { onFreePort, PortTaken } from "../free-port.ts";

const START_WITHIN_MILLIS = 10_000;
const TRIES = 3;

/** Starts the WebKitWebDriver at this path, which starts a browser for each visitor. */
export async function openWebKit(driverPath: string): Promise<Browser> {
  const screen = startProgram("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
  let driver: { program: Program; url: string } | undefined;
  const stopDriver = async () => {
    await driver?.program.stop();
    driver = undefined;
  };
  const close = async () => {
    await stopDriver();
    await screen.stop();
  };

  /** The driver gives a browser a port that was free a moment ago; where it was not, no one answers. */
  const session = async () => {
    for (let tries = 1; ; tries += 1) {
      try {
        const display = `:${await screen.firstLine}`;
        driver ??= await onFreePort((port) => startDriver(driverPath, display, port));
        return await startSession(driver.url, START_WITHIN_MILLIS);
      } catch (error) {
        await stopDriver();
        if (tries === TRIES) throw error;
      }
    }
  };

  try {
    const { version, visitor } = await session();
    await visitor.close();
    return { engine: "webkit", version, visitor: async () => (await session()).visitor, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startDriver(
  path: string,
  display: string,
  port: number,
): Promise<{ program: Program; url: string }> {
  const program = startProgram(path, [`--port=${port}`], { DISPLAY: display, GDK_BACKEND: "x11" });
  const url = `http://127.0.0.1:${port}`;
  try {
    // A driver that ended says nothing that tells why: most likely its port was taken.
    const ended = program.ended.then(() => {
      throw new PortTaken(`WebKitWebDriver ended at port ${port}`);
    });
    const ready = eventually("WebKitWebDriver", async () => (await isReady(url)) || undefined);
    ready.catch(() => undefined);
    await Promise.race([ready, ended]);
  } catch (error) {
    await program.stop();
    throw error;
  }
  return { program, url };
}
