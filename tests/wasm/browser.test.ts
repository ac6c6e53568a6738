// The browser's wasm, as the page gets it, over the vectors that the native tests run.

import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import inlined from "#wasm/browser_inline";
import { call, instantiate } from "../../src/shell/browser/binding.ts";
import { bytesOf } from "../../src/shell/inlined.ts";
import { ROOT } from "../support/sandbox.ts";
import { type DomainRow, type EventIdRow, named, vectors, type VisitRow } from "../support/vectors.ts";

const domains = new Map(
  vectors<DomainRow>("identifiers/domains.json").map(({ host, domain }) => [host, domain]),
);
/** What probing finds in a browser, which knows no ports in host names. */
const probed = (host: string) =>
  domains.get(host) ?? (host === "a.b.example.com" ? "example.com" : undefined);

instantiate();

test("the inlined module is the one that the build made", () => {
  expect(Buffer.from(bytesOf(inlined)).equals(readFileSync(`${ROOT}target/wasm/browser_bg.wasm`))).toBe(true);
});

describe("a visit gives the same bytes as the native build", () => {
  // A page always has entropy, and remembers no writes: rows about either are the native tests' alone.
  const rows = vectors<VisitRow>("identifiers/visits.json").filter(
    (row) => row.mint != null && row.lastWritten == null,
  );
  test("most vectors are about pages", () => expect(rows.length).toBeGreaterThan(50));

  test.each(named(rows))("%s", (_, row) => {
    const host = row.host.replace(/:\d+$/, "");
    const random = Buffer.from(row.mint ?? "", "hex").readUInt32BE();
    const page = [row.url, row.referrer, row.cookies, host, probed(host) ?? ""].join("\n");
    const cookiesToSet = call("identifiers", [page], Number(row.https), row.now, random).split("\n");
    const [fbp, fbc] = cookiesToSet.splice(-2);
    expect({ fbp, fbc, cookiesToSet }).toEqual({
      fbp: row.fbp ?? "",
      fbc: row.fbc ?? "",
      cookiesToSet: row.cookiesToSet,
    });
  });
});

test("a page that asks for ever has small instances, as those that have grown are dropped", () => {
  const { Instance } = WebAssembly;
  const instances: WebAssembly.Instance[] = [];
  const made = vi.spyOn(WebAssembly, "Instance").mockImplementation(function (module, imports) {
    const instance = new Instance(module, imports);
    instances.push(instance);
    return instance;
  });
  const page = ["https://shop.example/", "", "a=".padEnd(4000, "b"), "shop.example", ""].join("\n");
  const first = call("identifiers", [page], 1, 1_790_000_000_000, 1);
  for (let time = 0; time < 2000; time++) {
    expect(call("identifiers", [page], 1, 1_790_000_000_000, 1)).toBe(first);
  }
  made.mockRestore();
  expect(instances.length).toBeGreaterThan(1);
  for (const { exports } of instances) {
    expect((exports["memory"] as WebAssembly.Memory).buffer.byteLength).toBeLessThan(2 ** 22);
  }
});

describe("an event id", () => {
  const rows = vectors<EventIdRow>("identifiers/event-ids.json");
  test.each(named(rows.filter((row) => row.eventName !== undefined)))("of an order: %s", (_, row) =>
    expect(call("eventId", [row.eventName ?? "", row.orderId ?? ""], 0, 0, 0, 0)).toBe(row.eventId),
  );
  test.each(named(rows.filter((row) => row.entropy !== undefined)))("of chance: %s", (_, row) => {
    const bytes = Buffer.from(row.entropy ?? "", "hex");
    const words = [0, 4, 8, 12].map((at) => bytes.readUInt32BE(at)) as [number, number, number, number];
    expect(call("eventId", ["Lead", ""], ...words)).toBe(row.eventId);
  });
});
