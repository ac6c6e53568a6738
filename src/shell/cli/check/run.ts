// Runs the check and prints its report.

import { CheckError, checkSite, type SiteReport } from "../../testing/check-site.ts";
import { sandboxAt } from "../../testing/sandbox.ts";
import { StatusError } from "../errors.ts";
import { complain, say } from "../print.ts";
import type { CheckWords } from "./command.ts";
import { asJunit } from "./junit.ts";
import { asText } from "./text.ts";

/** The exit statuses for a site that cannot be checked. */
const STATUSES: Record<CheckError["reason"], number> = {
  "bad-url": 64,
  "no-browser": 69,
  "never-loads": 69,
  blocked: 69,
  "no-pixel": 1,
};

/** Checks a site. Progress goes to standard error, the report to standard output. */
export async function runCheck(url: string, words: CheckWords, timeoutSeconds: number): Promise<void> {
  const { format, visit, serverPath, pixel, sandbox, browser } = words;
  const executablePath = browser ?? process.env["CHROMIUM_PATH"];
  let report: SiteReport;
  try {
    report = await checkSite({
      url,
      visit,
      serverPaths: serverPath,
      pixel: pixel === "stand-in" ? "stand-in" : "real",
      ...(sandbox !== undefined && { sandbox: sandboxAt(sandbox) }),
      timeoutMillis: timeoutSeconds * 1000,
      onProgress: complain,
      ...(executablePath !== undefined && executablePath !== "" && { executablePath }),
    });
  } catch (error) {
    if (error instanceof CheckError) throw new StatusError(error.message, STATUSES[error.reason]);
    throw error;
  }
  if (format === "json") say(JSON.stringify(report, null, 2));
  else if (format === "junit") say(asJunit(report));
  else for (const line of asText(report)) say(line);
  if (!report.isOk) process.exitCode = 1;
}
