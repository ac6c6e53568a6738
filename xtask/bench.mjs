// Bundles a benchmark as a program for Node. `cargo xtask bench` calls it.

import { build } from "esbuild";

/** The packages that are timed are loaded as they are published, not bundled. */
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
