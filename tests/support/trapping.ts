// The edge worker and `capi-bridge/direct` as they are built, but for a module that traps on demand.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { build, type PluginBuild } from "esbuild";
import { ROOT, scratch } from "./sandbox.ts";

/** Bundles the worker; the folder of its modules. */
export async function trappingWorker(): Promise<string> {
  const folder = scratch("trapping");
  await bundle("src/shell/edge/index.ts", join(folder, "worker.js"), ({ onResolve }) => {
    onResolve({ filter: WASM }, ({ path }) => ({ path: path.replace("#wasm/", "./"), external: true }));
  });
  cpSync(join(ROOT, "target/wasm/edge_bg.wasm"), join(folder, "edge_bg.wasm"));
  return folder;
}

/** Bundles `capi-bridge/direct` for Node; the address of the module. */
export async function trappingDirect(): Promise<string> {
  const file = join(scratch("trapping"), "direct.mjs");
  const wasm = JSON.stringify(join(ROOT, "target/wasm/edge_bg.wasm"));
  await bundle("src/shell/direct/index.ts", file, ({ onResolve, onLoad }) => {
    onResolve({ filter: WASM }, ({ path }) => ({ path, namespace: "wasm" }));
    onLoad({ filter: /.*/, namespace: "wasm" }, () => ({
      contents: `import { readFileSync } from "node:fs";
        export default new WebAssembly.Module(readFileSync(${wasm}));`,
    }));
  });
  return new URL(file, "file:").href;
}

const WASM = /^#wasm\/.*\.wasm$/;

async function bundle(entry: string, outfile: string, wasm: (build: PluginBuild) => void): Promise<void> {
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
    external: ["cloudflare:workers", "node:fs"],
    plugins: [
      {
        name: "trapping-module",
        setup(build) {
          build.onResolve({ filter: /^#wasm\/edge$/ }, () => ({
            path: join(ROOT, "tests/edge/fixtures/trapping/edge.ts"),
          }));
          wasm(build);
          // No page loads a script here.
          build.onResolve({ filter: /^#dist\// }, ({ path }) => ({ path, namespace: "nothing" }));
          build.onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "", loader: "text" }));
        },
      },
    ],
  });
}
