// The browser's wasm, as the page gets it, over the vectors that the native tests run.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { eventId, identifiers, initSync } from "#wasm/browser";
import { moduleBytes } from "../../src/shell/browser/module.ts";
import { ROOT } from "../support/sandbox.ts";

interface Visit {
  name: string;
  host: string;
  https: boolean;
  now: number;
  url: string;
  referrer: string;
  cookies: string;
  mint?: string | null;
  lastWritten?: number | null;
  fbp: string | null;
  fbc: string | null;
  cookiesToSet: string[];
}

const vectors = <Row>(file: string) =>
  JSON.parse(readFileSync(`${ROOT}tests/vectors/identifiers/${file}`, "utf8")) as Row[];
const domains = new Map(
  vectors<{ host: string; domain: string | null }>("domains.json").map(({ host, domain }) => [host, domain]),
);
/** What probing finds in a browser, which knows no ports in host names. */
const probed = (host: string) =>
  domains.get(host) ?? (host === "a.b.example.com" ? "example.com" : undefined);

initSync({ module: moduleBytes() });

test("the inlined module is the one that the build made", () => {
  expect(Buffer.from(moduleBytes()).equals(readFileSync(`${ROOT}target/wasm/browser_bg.wasm`))).toBe(true);
});

describe("a visit gives the same bytes as the native build", () => {
  // A page always has entropy, and remembers no writes: rows about either are the native tests' alone.
  const rows = vectors<Visit>("visits.json").filter((row) => row.mint != null && row.lastWritten == null);
  test("most vectors are about pages", () => expect(rows.length).toBeGreaterThan(50));

  test.each(rows.map((row) => [row.name, row] as const))("%s", (_, row) => {
    const host = row.host.replace(/:\d+$/, "");
    const random = Buffer.from(row.mint ?? "", "hex").readUInt32BE();
    const page = [row.url, row.referrer, row.cookies, host, probed(host) ?? ""].join("\n");
    const cookiesToSet = identifiers(page, row.https, row.now, random).split("\n");
    const [fbp, fbc] = cookiesToSet.splice(-2);
    expect({ fbp, fbc, cookiesToSet }).toEqual({
      fbp: row.fbp ?? "",
      fbc: row.fbc ?? "",
      cookiesToSet: row.cookiesToSet,
    });
  });
});

describe("an event id", () => {
  const rows = vectors<{
    name: string;
    eventName?: string;
    orderId?: string;
    entropy?: string;
    eventId: string;
  }>("event-ids.json");
  test.each(rows.filter((row) => row.eventName !== undefined).map((row) => [row.name, row] as const))(
    "of an order: %s",
    (_, row) => expect(eventId(row.eventName ?? "", row.orderId ?? "", 0, 0, 0, 0)).toBe(row.eventId),
  );
  test.each(rows.filter((row) => row.entropy !== undefined).map((row) => [row.name, row] as const))(
    "of chance: %s",
    (_, row) => {
      const bytes = Buffer.from(row.entropy ?? "", "hex");
      const words = [0, 4, 8, 12].map((at) => bytes.readUInt32BE(at)) as [number, number, number, number];
      expect(eventId("Lead", "", ...words)).toBe(row.eventId);
    },
  );
});
