// `capi-bridge check`: opens a site in a browser and says what becomes of each event.

import type { CliCommand } from "../command.ts";
import { UsageError } from "../errors.ts";

/** The forms of the report. */
export const FORMATS = ["text", "json", "junit"] as const;

/** The pixel's script: Meta's, or the sandbox's in its place. */
export const PIXELS = ["real", "stand-in"] as const;

/** The options of the command. */
export interface CheckWords {
  format: string;
  visit: string[];
  serverPath: string[];
  pixel: string;
  sandbox?: string;
  browser?: string;
  timeout: string;
}

const collect = (word: string, before: string[]) => [...before, word];

/** Adds the command. */
export function addCheck(program: CliCommand): void {
  program
    .command("check")
    .summary("open a site in a browser and say what becomes of each event")
    .description(
      "Opens a live or local site as two visitors, and reports each event as merged, doubled, lost or malformed, with\n" +
        "what to change. The site need not use capi-bridge. No event of these visitors reaches Meta's pixel.\n" +
        "It needs Playwright, and ends with status 1 if something is wrong.",
    )
    .argument("<url>", "the address of a page")
    .option("--format <format>", `the form of the report: ${FORMATS.join(", ")}`, "text")
    .option("--visit <path>", "one more page to open; may be repeated", collect, [])
    .option("--server-path <path>", "a path to which pages post events; may be repeated", collect, [])
    .option("--pixel <script>", "Meta's script, or one in its place: real, stand-in", "real")
    .option("--sandbox <address>", "the sandbox to which the site's server sends its events")
    .option("--browser <program>", "the program of a Chromium; without it, Playwright's own")
    .option("--timeout <seconds>", "the longest wait for a page", "30")
    .examples(
      "capi-bridge check https://www.shop.example/",
      "capi-bridge check http://localhost:3000/ --visit /product --visit /thanks",
      "capi-bridge check http://localhost:3000/ --sandbox http://127.0.0.1:8788 --pixel stand-in",
      "capi-bridge check http://localhost:3000/ --format junit > check.xml",
    )
    .action(async (url: string, words: CheckWords) => {
      if (!FORMATS.some((format) => format === words.format)) {
        throw new UsageError(`--format ${words.format}: expected one of ${FORMATS.join(", ")}`);
      }
      if (!PIXELS.some((pixel) => pixel === words.pixel)) {
        throw new UsageError(`--pixel ${words.pixel}: expected one of ${PIXELS.join(", ")}`);
      }
      if (words.sandbox !== undefined && !URL.canParse(words.sandbox)) {
        throw new UsageError(`--sandbox ${words.sandbox}: expected an address such as http://127.0.0.1:8788`);
      }
      const seconds = Number(words.timeout);
      if (!(seconds >= 1 && seconds <= 3600)) {
        throw new UsageError(`--timeout ${words.timeout}: expected seconds, such as 30`);
      }
      const { runCheck } = await import("./run.ts");
      await runCheck(url, words, seconds);
    });
}
