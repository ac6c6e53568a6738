// The suites in Node: the wasm builds, the edge worker in workerd, the packed package.

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/*/**/*.test.ts"],
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // Every file starts its own workerd; two cores are enough for one at a time.
    fileParallelism: false,
  },
  resolve: { alias: { "#wasm": new URL("./target/wasm", import.meta.url).pathname } },
});
