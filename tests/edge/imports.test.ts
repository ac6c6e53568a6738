// The files of the edge import each other in one direction.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL("../../src/shell/edge/", import.meta.url);

test("no file of the edge imports itself by way of others", () => {
  const imports = new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => {
        const text = readFileSync(new URL(name, folder), "utf8");
        return [name, [...text.matchAll(/from "\.\/([^"]+)"/g)].map(([, file = ""]) => file)];
      }),
  );
  expect(imports.get("worker.ts")).toContain("door.ts");
  const circles: string[] = [];
  const visit = (name: string, path: string[]): void => {
    if (path.includes(name)) {
      circles.push([...path.slice(path.indexOf(name)), name].join(" → "));
      return;
    }
    for (const next of imports.get(name) ?? []) visit(next, [...path, name]);
  };
  for (const name of imports.keys()) visit(name, []);
  expect(circles).toEqual([]);
});
