// The end-to-end suite: the demo's own pages in a real browser.

import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "target/playwright",
  timeout: 60_000,
  workers: 1,
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: process.env["CHROMIUM_PATH"],
      // The tests' host names are ours: all of them are this machine.
      args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--host-resolver-rules=MAP *.example 127.0.0.1, MAP *.example.co.uk 127.0.0.1"],
    },
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
  },
});
