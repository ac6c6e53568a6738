// The edge worker as it is built, but for a module that traps on demand.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT, scratch } from "./sandbox.ts";

/** Bundles it; the folder of its modules. */
export async function trappingWorker(): Promise<string> {
  const folder = scratch("trapping");
  await build({
    entryPoints: [join(ROOT, "src/shell/edge/index.ts")],
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
    external: ["cloudflare:workers"],
    plugins: [
      {
        name: "trapping-module",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^#wasm\/edge$/ }, () => ({
            path: join(ROOT, "tests/edge/fixtures/trapping/edge.ts"),
          }));
          onResolve({ filter: /^#wasm\/.*\.wasm$/ }, ({ path }) => ({
            path: path.replace("#wasm/", "./"),
            external: true,
          }));
          // No page loads a script here.
          onResolve({ filter: /^#dist\// }, ({ path }) => ({ path, namespace: "nothing" }));
          onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "", loader: "text" }));
        },
      },
    ],
  });
  cpSync(join(ROOT, "target/wasm/edge_bg.wasm"), join(folder, "edge_bg.wasm"));
  return folder;
}
