// Tests the browser's wasm, as the page gets it, with the vectors of the native tests.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import browser from "#wasm/browser_inline";
import contact from "#wasm/contact_inline";
import datalayer from "#wasm/datalayer_inline";
import details from "#wasm/details_inline";
import core from "#wasm/core_inline";
import { call, instantiate } from "../../src/shell/browser/binding.ts";
import { bytesOf, bytesOfBase64 } from "../../src/shell/wasm/inlined.ts";
import { ROOT } from "../support/sandbox.ts";
import { type DomainRow, type EventIdRow, named, vectors, type VisitRow } from "../support/vectors.ts";

const domains = new Map(
  vectors<DomainRow>("identifiers/domains.json").map(({ host, domain }) => [host, domain]),
);
/** Returns the domain that a browser finds by probing. Its host names have no port. */
const probed = (host: string) =>
  domains.get(host) ?? (host === "a.b.example.com" ? "example.com" : undefined);

instantiate();

describe.each(Object.entries({ browser, contact, datalayer, details }))(
  "the inlined module %s",
  (name, inlined) => {
    const built = readFileSync(`${ROOT}target/wasm/${name}_bg.wasm`);

    test("is the one that the build made", () => {
      expect(built.equals(bytesOf(inlined))).toBe(true);
    });

    test("is so, too, where the host reads base64 itself", () => {
      const fromBase64 = vi.fn((text: string) => new Uint8Array(Buffer.from(text, "base64")));
      const host = Uint8Array as { fromBase64?: unknown };
      const own = host.fromBase64;
      host.fromBase64 = fromBase64;
      const bytes = bytesOf(inlined);
      host.fromBase64 = own;
      expect(fromBase64).toHaveBeenCalledOnce();
      expect(built.equals(bytes)).toBe(true);
    });

    test("is ASCII, also once a bundler has read it", () => {
      expect([...inlined].filter((character) => character === "\0" || character > "\x7f")).toEqual([]);
    });
  },
);

test("the inlined module of `core` is the one that the build made", () => {
  expect(readFileSync(`${ROOT}target/wasm/core_bg.wasm`).equals(bytesOfBase64(core))).toBe(true);
});

test("all JavaScript of the package is ASCII, so no charset of a page or a server changes it", () => {
  const files = readdirSync(`${ROOT}dist`, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".js"),
  );
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((name) => /[^\0-\x7f]/.test(readFileSync(`${ROOT}dist/${name}`, "latin1")))).toEqual(
    [],
  );
});

test("a text that ends where the memory ends is read within it", () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(browser)));
  const wasm = exports as unknown as {
    memory: WebAssembly.Memory;
    place(length: number): number;
    identifiers(at: number, length: number, https: number, now: number, random: number): number;
    sha256(at: number, length: number): number;
  };
  /** Places a text, filled up at its start, at the end of the memory. */
  const atEnd = (text: string): [at: number, length: number] => {
    const room = wasm.memory.buffer.byteLength - wasm.place(1) - 1;
    // A place in the next page of the memory leaves a page to fill.
    if (room < text.length) {
      wasm.place(room + 1);
      return atEnd(text);
    }
    const at = wasm.place(room);
    expect(at + room).toBe(wasm.memory.buffer.byteLength);
    new TextEncoder().encodeInto(text.padStart(room, "x"), new Uint8Array(wasm.memory.buffer, at, room));
    return [at, room];
  };
  const cookies = [
    "",
    "_fbp",
    "_fbp=",
    "_fbp=w",
    "_fbp=fb.1.1700000000000",
    "_fbc=fb.1.1700000000000.",
    "_fbc=fb.",
    "a=%",
  ];
  const hosts = ["", "a", "a.", "www.example.com", "www.xn--mnchen-3ya.de\nxn--mnchen-3ya.de", "a\n", "a\na"];
  for (const url of ["?fbclid=A", "?fbclid=", "#", "?x=1&fbclid=%"]) {
    for (const jar of cookies) {
      for (const host of hosts) {
        const page = [url, "", jar, host].join("\n");
        expect(() => wasm.identifiers(...atEnd(page), 1, 1_700_000_000_000, 1), page).not.toThrow();
      }
    }
  }
  expect(() => wasm.sha256(...atEnd("x"))).not.toThrow();
});

describe("a visit gives the same bytes as the native build", () => {
  // A page always has entropy and does not store the time of a write. The native tests run those rows.
  const rows = vectors<VisitRow>("identifiers/visits.json").filter(
    (row) => row.mint != null && row.lastWritten == null,
  );
  test("most vectors are about pages", () => expect(rows.length).toBeGreaterThan(50));

  test.each(named(rows))("%s", (_, row) => {
    const host = row.host.replace(/:\d+$/, "");
    const random = Buffer.from(row.mint ?? "", "hex").readUInt32BE();
    const page = [row.url, row.referrer, row.cookies, host, probed(host) ?? "", row.inAppClick ?? ""].join(
      "\n",
    );
    const cookiesToSet = call("identifiers", [page], [Number(row.https), row.now, random]).split("\n");
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
  const first = call("identifiers", [page], [1, 1_790_000_000_000, 1]);
  for (let time = 0; time < 2000; time++) {
    expect(call("identifiers", [page], [1, 1_790_000_000_000, 1])).toBe(first);
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
    expect(call("event_id", [row.eventName ?? "", row.orderId ?? ""], [0, 0, 0, 0])).toBe(row.eventId),
  );
  test.each(named(rows.filter((row) => row.entropy !== undefined)))("of chance: %s", (_, row) => {
    const bytes = Buffer.from(row.entropy ?? "", "hex");
    const words = [0, 4, 8, 12].map((at) => bytes.readUInt32BE(at));
    expect(call("event_id", ["Lead", ""], words)).toBe(row.eventId);
  });
});

test("a hash is SHA-256's, at every length around the blocks", () => {
  for (let length = 0; length < 200; length++) {
    const text = "é".repeat(length >> 1) + "x".repeat(length & 1);
    expect(call("sha256", [text])).toBe(createHash("sha256").update(text).digest("hex"));
  }
});

test("a trap is thrown on, and the page has a fresh instance", () => {
  // (module (memory (export "memory") 1) (func (export "trap") unreachable))
  const head = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 17, 2];
  const names = [6, ...Buffer.from("memory"), 2, 0, 4, ...Buffer.from("trap"), 0, 0];
  const module = new WebAssembly.Module(Uint8Array.from([...head, ...names, 10, 5, 1, 3, 0, 0, 11]));
  const trapping = new WebAssembly.Instance(module);
  const { Instance } = WebAssembly;
  const made = vi.spyOn(WebAssembly, "Instance").mockImplementation(function (module, imports) {
    return new Instance(module, imports);
  });
  made.mockImplementationOnce(function () {
    return trapping;
  });
  instantiate();
  expect(() => call("trap", [])).toThrow(WebAssembly.RuntimeError);
  expect(made).toHaveBeenCalledTimes(2);
  made.mockRestore();
  expect(call("event_id", ["Purchase", "1001"])).toBe("6e4c78d82a753cc5ca23e87024551922");
});
