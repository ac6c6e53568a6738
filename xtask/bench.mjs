// A benchmark as a program for Node, from TypeScript. Called by `cargo xtask bench`.

import { build } from "esbuild";

/** What is timed is loaded as it is published, not bundled once more. */
const PEERS = new URL("../bench/peers/node_modules/", import.meta.url);
const asPublished = {
  name: "as-published",
  setup({ onResolve }) {
    onResolve({ filter: /^capi-bridge\// }, ({ path }) => ({ path, external: true }));
    onResolve({ filter: /^capi-param-builder-nodejs$/ }, ({ path }) => ({
      path: new URL(`${path}/index.js`, PEERS).href,
      external: true,
    }));
  },
};

const [part] = process.argv.slice(2);
await build({
  entryPoints: [`bench/${part}.ts`],
  outfile: `target/bench/${part}.mjs`,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "es2022",
  logLevel: "warning",
  external: ["@playwright/test", "esbuild"],
  plugins: [asPublished],
});
