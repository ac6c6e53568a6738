// The end-to-end suite: the demo's own pages in a real browser.

import { defineConfig } from "@playwright/test";

const executablePath = process.env["CHROMIUM_PATH"];

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "target/playwright",
  timeout: 60_000,
  workers: 1,
  use: {
    browserName: "chromium",
    launchOptions: {
      ...(executablePath && { executablePath }),
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
});
