// The packed package, and projects that have nothing else.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT, scratch } from "./sandbox.ts";

/** Runs a program to its end; what it printed. */
export function run(cwd: string, program: string, ...words: string[]): string {
  return execFileSync(program, words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Packs what the build left; `--ignore-scripts` keeps npm from building again. */
export function pack() {
  const folder = scratch("package");
  const [packed] = JSON.parse(
    run(ROOT, "npm", "pack", "--json", "--ignore-scripts", "--pack-destination", folder),
  ) as [{ filename: string }];
  const tarball = join(folder, packed.filename);
  return {
    folder,
    tarball,
    /** An empty folder with these files, and the package installed beside `others`. */
    project(name: string, files: Record<string, string>, ...others: string[]): string {
      const path = join(folder, name);
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(path, file)), { recursive: true });
        writeFileSync(join(path, file), text);
      }
      const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
      run(path, "npm", "install", ...quiet, tarball, ...others);
      return path;
    },
  };
}

/** A package at the version that this project is developed with. */
export function pinned(name: string): string {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  return `${name}@${manifest.devDependencies[name]}`;
}
