// Finds the files of the package: beside this module in the package, in `dist` while this project is developed.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// The kit's modules are one folder below `dist`, the command line is in it.
const DIST = ["..", ".", "../../../dist"]
  .map((folder) => join(import.meta.dirname, folder))
  .find((folder) => existsSync(join(folder, "edge/worker.js")));

/**
 * Returns the path of a built file.
 *
 * @throws {Error} where the build is missing
 */
export function built(path: string): string {
  if (DIST === undefined) throw new Error("dist/ is missing: build it with `npm run build`.");
  return join(DIST, path);
}

/** Imports a built module. Its name is not known to bundlers, so that they leave it where it is. */
export async function importBuilt<Module>(path: string): Promise<Module> {
  const address = pathToFileURL(built(path)).href;
  return (await import(/* @vite-ignore */ address)) as Module;
}
