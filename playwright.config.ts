// The suites in real browsers: end to end in Chromium, and what has to hold in every browser.

import { defineConfig } from "@playwright/test";

const executablePath = process.env["CHROMIUM_PATH"];

export default defineConfig({
  outputDir: "target/playwright",
  timeout: 60_000,
  workers: 1,
  projects: [
    {
      name: "e2e",
      testDir: "tests/e2e",
      use: {
        browserName: "chromium",
        launchOptions: {
          ...(executablePath !== undefined && { executablePath }),
          args: [
            "--no-sandbox",
            "--disable-quic",
            "--disable-background-networking",
            // The tests' host names are ours: all of them are this machine.
            "--host-resolver-rules=MAP *.example 127.0.0.1, MAP *.example.co.uk 127.0.0.1",
            // Pages that a test makes up have no address; Chromium would keep them from this machine's.
            "--disable-features=LocalNetworkAccessChecks",
          ],
        },
        screenshot: "only-on-failure",
        trace: "retain-on-failure",
      },
    },
    // The tests start these themselves (tests/support/browsers). What is said here of launching would
    // reach Playwright's own among them: an option for one browser cannot stand here.
    ...(["chromium", "firefox", "webkit"] as const).map((browserName) => ({
      name: browserName,
      testDir: "tests/browsers",
      use: { browserName },
    })),
  ],
});
