// Tests `capi-bridge/core`, as a back end gets it, with the vectors of the native tests.

import { describe, expect, test } from "vitest";
import {
  clientIp,
  eventId,
  hash,
  identifiers,
  normalize,
  problem,
  type Field,
} from "../../src/shell/core/index.ts";
import { orElse } from "../../src/shell/core/engine.ts";
import {
  type ClickIdRow,
  type ClientIpRow,
  type DomainRow,
  type EventIdRow,
  type KeyedEventIdRow,
  named,
  type ReferenceRow,
  type RuleRow,
  type ValueRow,
  vectors,
  type VisitRow,
} from "../support/vectors.ts";

const NOW = 1_700_000_000_000;
const HOST = "www.example.com";

describe("identifiers", () => {
  // A back end is in no in-app browser.
  const visits = vectors<VisitRow>("identifiers/visits.json").filter((row) => row.inAppClick === undefined);

  test.each(named(visits))("of a visit: %s", (_, row) => {
    // The address shows whether the page uses https.
    const found = identifiers({
      url: row.url,
      referrer: row.referrer,
      cookies: row.cookies,
      host: row.host,
      now: row.now,
      lastWritten: row.lastWritten ?? undefined,
      mint: row.mint != null,
    });
    const isHttps = row.url.toLowerCase().startsWith("https:");
    const minted = row.fbp !== null && !row.cookies.includes(row.fbp) ? row.fbp : undefined;
    // A new fbp has its own random number. Everything else equals the row.
    const asInTheRow = (text: string | undefined) =>
      minted !== undefined && found.fbp !== undefined ? text?.replace(found.fbp, minted) : text;
    expect(asInTheRow(found.fbp) ?? null).toBe(row.fbp);
    expect(found.fbc ?? null).toBe(row.fbc);
    expect(found.cookiesToSet.map(({ header }) => asInTheRow(header))).toEqual(
      row.cookiesToSet.map((text) => text.replace("; Secure", "") + (isHttps ? "; Secure" : "")),
    );
  });

  test.each(named(vectors<ClickIdRow>("identifiers/click-ids.json")))("from an address: %s", (_, row) => {
    const { fbc } = identifiers({ url: row.url, host: HOST, now: NOW });
    const payload = fbc?.split(".")[3]?.replaceAll("__DOT__", ".");
    expect(payload === undefined ? undefined : decodeURIComponent(payload)).toBe(
      row.clickId?.replaceAll("__DOT__", "."),
    );
  });

  const values = vectors<ValueRow>("identifiers/values.json");
  test.each(named(values))("from a cookie: %s", (_, row) => {
    const now = (row.creationMillis ?? NOW) + 1000;
    const found = identifiers({ url: "", host: HOST, now, cookies: `_${row.kind}=${row.value}` });
    // A header ends a value at a semicolon and trims it; a click of another century is not sent.
    const isUsable = row.code === undefined && (row.kind === "fbp" || now >= 1_000_000_000_000);
    const isOneCookie = !/^\s|;|\s$/.test(row.value);
    if (isOneCookie) expect(found[row.kind]).toBe(isUsable ? row.value : undefined);
    else expect(found[row.kind]).not.toBe(row.value);
  });

  test.each(named(vectors<DomainRow>("identifiers/domains.json")))("for a host: %s", (_, row) => {
    const { fbc, cookiesToSet } = identifiers({ url: "https://x/?fbclid=A", host: row.host, now: NOW });
    expect(fbc).toBe(`fb.${row.subdomainIndex}.${NOW}.A`);
    expect(cookiesToSet).toEqual([
      {
        name: "_fbc",
        value: fbc,
        ...(row.domain !== null && { domain: row.domain }),
        maxAge: 7_776_000,
        secure: true,
        header: `_fbc=${fbc}; Path=/; ${row.domain === null ? "" : `Domain=${row.domain}; `}Max-Age=7776000; SameSite=Lax; Secure`,
      },
    ]);
  });

  test("makes an fbp only where it is told to", () => {
    expect(identifiers({ url: "", host: HOST, now: NOW })).toEqual({ cookiesToSet: [] });
    const { fbp } = identifiers({ url: "", host: HOST, now: NOW, mint: true });
    expect(fbp).toMatch(/^fb\.1\.1700000000000\.\d{1,10}$/);
    expect(Number(fbp?.split(".")[3])).toBeLessThan(2 ** 31);
  });

  test("takes cookies by name, of an object without a prototype too", () => {
    const cookies = Object.assign(Object.create(null) as Record<string, unknown>, {
      _fbp: "fb.1.1600000000001.1116446470",
      _fbc: ["broken", "fb.1.1699999999999.IwAR2"],
      other: 7,
    });
    const found = identifiers({ url: "", host: HOST, now: NOW, cookies });
    expect(found).toMatchObject({ fbp: cookies["_fbp"], fbc: "fb.1.1699999999999.IwAR2" });
  });

  test("a value by name cannot smuggle in a cookie", () => {
    const cookies = { other: "x", _fbp: "x; _fbc=fb.1.1699999999999.Smuggled" };
    expect(identifiers({ url: "", host: HOST, now: NOW, cookies })).toEqual({ cookiesToSet: [] });
    const url = "https://www.example.com/\n\n_fbc=fb.1.1699999999999.Smuggled\nevil.example";
    expect(identifiers({ url, host: HOST, now: NOW })).toEqual({ cookiesToSet: [] });
  });

  test.each([
    ["url", { url: 7, host: HOST }],
    ["host", { url: "" }],
    ["referrer", { url: "", host: HOST, referrer: null }],
    ["cookies", { url: "", host: HOST, cookies: 7 }],
    ["now", { url: "", host: HOST, now: "2026" }],
    ["now", { url: "", host: HOST, now: 1_785_000_000 }],
    ["now", { url: "", host: HOST, now: 1_785_000_000_000_000 }],
    ["now", { url: "", host: HOST, now: Number.POSITIVE_INFINITY }],
    ["lastWritten", { url: "", host: HOST, lastWritten: 1_785_000_000 }],
    ["lastWritten", { url: "", host: HOST, lastWritten: Number.NaN }],
  ])("says that %s has the wrong type", (name, visit) => {
    const call = () => identifiers(visit as unknown as Parameters<typeof identifiers>[0]);
    expect(call).toThrow(new RegExp(`^identifiers: ${name}: expected `));
    expect(call).toThrow(TypeError);
  });
});

describe("customer information", () => {
  const options = (row: { country?: string; thisYear?: number }) => ({
    defaultCountry: row.country,
    thisYear: row.thisYear,
  });

  test.each(named(vectors<ReferenceRow>("customer/reference.json")))("Meta's own: %s", (_, row) => {
    const field = row.field as Field;
    expect(normalize(field, row.raw, options(row))[row.at ?? 0]).toBe(row.normalized);
    expect(hash(field, row.raw, options(row))[row.at ?? 0]).toBe(row.hash);
  });

  const rules = vectors<RuleRow>("customer/rules.json");
  test.each(named(rules))("by rule: %s", (_, row) => {
    const field = row.field as Field;
    expect(normalize(field, row.raw, options(row))).toEqual(row.normalized ?? []);
    // A value that is already a hash has no normalised form. Its hash is the value itself.
    if (row.code !== "already_hashed") {
      expect(problem(field, row.raw, options(row))?.code).toBe(row.code ?? row.problem);
      expect(hash(field, row.raw, options(row))).toHaveLength(row.normalized?.length ?? 0);
    }
  });

  test("a number is read as text; what is neither is no value", () => {
    expect(normalize("zp", 10001)).toEqual(["10001"]);
    expect(normalize("external_id", 42n)).toEqual(["42"]);
    for (const value of [null, undefined, {}, [], true, Symbol("x")]) {
      expect(hash("em", value as never)).toEqual([]);
      expect(problem("em", value as never)?.code).toBe("empty");
    }
  });

  test("says which argument has the wrong type, and lists the fields", () => {
    expect(() => hash("email" as never, "x")).toThrow(/^hash: field: expected one of em, ph, .*external_id$/);
    expect(() => normalize("em", "x", { defaultCountry: 7 as never })).toThrow(
      /^normalize: defaultCountry: /,
    );
    expect(() => problem("em", "x", { thisYear: 1.5 })).toThrow(/^problem: thisYear: expected a year/);
  });
});

describe("clientIp", () => {
  test.each(named(vectors<ClientIpRow>("identifiers/client-ips.json")))("%s", (_, row) => {
    const { cloudflare, trustedHops, hopsHeader } = row;
    const options = { cloudflare, trustedHops, hopsHeader };
    expect(clientIp(row.headers, row.peer, options) ?? null).toBe(row.clientIp);
    expect(clientIp(new Headers(row.headers), row.peer, options) ?? null).toBe(row.clientIp);
  });

  test("finds a header in any case, and joins repeated ones", () => {
    const headers = { "X-Forwarded-For": ["10.0.0.1", "8.8.4.4"] };
    expect(clientIp(headers, undefined, { trustedHops: 1 })).toBe("8.8.4.4");
  });

  test("says which argument has the wrong type", () => {
    expect(() => clientIp(null as never)).toThrow(/^clientIp: headers: /);
    expect(() => clientIp({}, null, { trustedHops: -1 })).toThrow(/^clientIp: trustedHops: /);
    expect(() => clientIp({}, null, { hopsHeader: "via" as never })).toThrow(/^clientIp: hopsHeader: /);
  });
});

test.each([
  ["a trap", new WebAssembly.RuntimeError("unreachable")],
  ["a stack overflow", new RangeError("Maximum call stack size exceeded")],
  ["an error of the host", new TypeError("not a function")],
])("after %s the next call meets a fresh module", (_, error) => {
  const trapping = orElse(
    (): string => {
      throw error;
    },
    () => "nothing",
  );
  expect(trapping()).toBe("nothing");
  expect(hash("em", "jane@example.com")).toEqual([
    "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d",
  ]);
});

test("an error that the module throws reaches the caller", () => {
  const mistaken = orElse(
    () => {
      throw new Error("no trap");
    },
    () => "nothing",
  );
  expect(mistaken).toThrow("no trap");
});

describe("eventId", () => {
  const derived = vectors<EventIdRow>("identifiers/event-ids.json").filter(
    (row) => row.eventName !== undefined,
  );
  test.each(named(derived))("of an order: %s", (_, { eventName = "", orderId, ...row }) =>
    expect(eventId({ eventName, orderId })).toBe(row.eventId),
  );

  test("without an order is random", () => {
    const ids = new Set(Array.from({ length: 100 }, () => eventId({ eventName: "Lead" })));
    expect(ids.size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  const keyed = vectors<KeyedEventIdRow>("identifiers/keyed-event-ids.json");
  test.each(named(keyed))("under a secret: %s", (_, row) => {
    const make = () => eventId({ eventName: row.eventName, orderId: row.orderId, secret: row.secret });
    if (row.code === undefined) expect(make()).toBe(row.eventId);
    else expect(make).toThrow(/^eventId: secret: expected a secret (of at least 32 |without white space)/);
  });

  test.each([
    ["a whole number", 1001, "1001"],
    ["a bigint", 9007199254740993n, "9007199254740993"],
    ["a negative number", -7, "-7"],
    ["a negative zero", -0, "0"],
    ["the largest whole number", Number.MAX_SAFE_INTEGER, "9007199254740991"],
  ])("takes %s as its decimal text", (_, orderId, text) => {
    const secret = "s".repeat(32);
    expect(eventId({ eventName: "Purchase", orderId })).toBe(
      eventId({ eventName: "Purchase", orderId: text }),
    );
    expect(eventId({ eventName: "Purchase", orderId, secret })).toBe(
      eventId({ eventName: "Purchase", orderId: text, secret }),
    );
  });

  test("of no order is random, with a secret too", () => {
    for (const orderId of [undefined, "", "  ", "\n"]) {
      const of = { eventName: "Lead", orderId, secret: "s".repeat(32) };
      expect(eventId(of)).not.toBe(eventId(of));
      expect(eventId({ eventName: "Lead", orderId })).not.toBe(eventId({ eventName: "Lead", orderId }));
      expect(() => eventId({ ...of, secret: "short" })).toThrow("eventId: secret: expected");
    }
  });

  test.each<[string, object, string]>([
    ["eventName", { eventName: 7 }, "expected a string"],
    ["orderId", { eventName: "Purchase", orderId: null }, "expected a string, a bigint or a whole number"],
    ["orderId", { eventName: "Purchase", orderId: 1.5 }, "expected a string, a bigint or a whole number"],
    ["orderId", { eventName: "Purchase", orderId: 2 ** 53 }, "expected a string, a bigint or a whole number"],
    ["orderId", { eventName: "Purchase", orderId: Number.NaN }, "expected a string, a bigint"],
    ["orderId", { eventName: "Purchase", orderId: {} }, "expected a string, a bigint"],
    // An environment variable that is not set must not lead to an id without a key.
    ["secret", { eventName: "Purchase", orderId: "1001", secret: undefined }, "expected a string"],
    ["secret", { eventName: "Purchase", orderId: "1001", secret: null }, "expected a string"],
  ])("says that %s has the wrong type: %o", (name, of, expected) => {
    const make = () => eventId(of as Parameters<typeof eventId>[0]);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(`eventId: ${name}: ${expected}`);
  });
});
