// Tests that the browser's builds and the server's give the same bytes, over 100,000 inputs each.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { call, instantiate } from "../../src/shell/browser/binding.ts";
import countries from "#wasm/list_countries";
import details from "#wasm/details_inline";
import genders from "#wasm/list_genders";
import states from "#wasm/list_states";
import * as core from "#wasm/core";
import coreInlined from "#wasm/core_inline";
import { give, start, taken } from "../../src/shell/core/engine.ts";
import * as customer from "../../src/shell/browser/customer.ts";
import { bytesOfBase64 } from "../../src/shell/wasm/inlined.ts";

instantiate();
start(bytesOfBase64(coreInlined));

const RUNS = 100_000;
/** Limits a test, in milliseconds. It takes seconds on a quiet machine, and longer on a busy one. */
const WITHIN = { timeout: 300_000 };
const NOW = 1_700_000_000_000;
const FIELDS = ["em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "external_id"] as const;

/** Compares two builds over random inputs. A quarter must have an answer: refusals alone prove nothing. */
function same<T>(arbitrary: fc.Arbitrary<T>, once: (input: T) => string, again: (input: T) => string) {
  let answers = 0;
  let ran = 0;
  fc.assert(
    fc.property(arbitrary, (input) => {
      const found = once(input);
      ran += 1;
      if (found.trim() !== "") answers += 1;
      expect(again(input)).toBe(found);
    }),
    { numRuns: RUNS },
  );
  expect(ran).toBeGreaterThanOrEqual(RUNS);
  expect(answers).toBeGreaterThan(RUNS / 4);
}

/** Text without characters that a browser's Unicode may not have yet, and without lone surrogates. */
const text = fc
  .oneof(
    fc.string({ maxLength: 30 }),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.stringMatching(/^[-+@.,;:'"/()[\]# 0-9a-zA-ZéüßİςŁŽ東京정①٣०\u0301\u200d]{0,30}$/u),
  )
  .filter((value) => /^\p{Assigned}*$/u.test(value));

describe("identifiers", () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_%.-]{1,24}$/);
  const time = fc.oneof(fc.integer({ min: NOW - 200 * 86_400_000, max: NOW + 1_000_000 }), fc.nat());
  const appendix = fc.constantFrom("", "", ".AQYCAQMB", ".Bg", ".ZZ", ".a.b");
  const value = fc.oneof(
    fc.tuple(fc.nat(3), time, word, appendix).map(([index, at, id, end]) => `fb.${index}.${at}.${id}${end}`),
    fc.stringMatching(/^[ -:<-~]{0,24}$/),
  );
  const pair = fc.tuple(fc.constantFrom("_fbp", "_fbc", "other"), value).map((both) => both.join("="));
  const address = fc.oneof(
    word.map((id) => `https://www.example.com/?fbclid=${id}`),
    word.map((id) => `https://www.example.com/?x=1#/route?fbclid=${id}`),
    text.map((any) => any.replaceAll("\n", "")),
  );
  const host = fc.constantFrom(
    ...["www.example.com", "shop.example.co.uk", "a.user.github.io", "localhost", "127.0.0.1", "[::1]"],
    ...["www.xn--mnchen-3ya.de", "intranet", "WWW.Example.Com", "a.b.c.d.example.com.au"],
  );
  const visit = fc.record({
    url: address,
    referrer: address,
    cookies: fc.array(pair, { maxLength: 4 }),
    host,
  });
  /** Domains of the server's list, by host. Probing finds the same ones, which the native tests check. */
  const domains = new Map<string, string>();
  const domainOf = (host: string) => {
    const known = domains.get(host);
    if (known !== undefined) return known;
    const [set = ""] = taken(core.identifiers(give(`${host}\n?fbclid=A\n\n`), NOW, undefined, false)).split(
      "\n",
    );
    const domain = /Domain=([^;]*)/.exec(set)?.[1] ?? "";
    domains.set(host, domain);
    return domain;
  };
  /** Removes the random number of a new fbp, which differs between the builds. */
  const unminted = (lines: string) =>
    lines.replaceAll(
      new RegExp(`(_fbp=|^)(fb\\.\\d+\\.${NOW}\\.)\\d+$|(_fbp=fb\\.\\d+\\.${NOW}\\.)\\d+(?=;)`, "gm"),
      "$1$2$3",
    );

  test("of any visit", WITHIN, () =>
    same(
      visit,
      ({ url, referrer, cookies, host }) => {
        const page = [url, referrer, cookies.join("; "), host, domainOf(host)].join("\n");
        return unminted(call("identifiers", [page], [Number(url.startsWith("https:")), NOW, 1]));
      },
      ({ url, referrer, cookies, host }) =>
        unminted(
          taken(
            core.identifiers(
              give([host, url, referrer, cookies.join("; ")].join("\n")),
              NOW,
              undefined,
              true,
            ),
          ),
        ),
    ),
  );
});

const neverLacks = (part: number) => expect.unreachable(`part ${part} is not loaded`);

test("customer information of any value", WITHIN, () => {
  const figures = fc.stringMatching(/^[+0-9() -]{0,20}$/);
  const date = fc.stringMatching(/^[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}$/);
  const word = fc.constantFrom(
    ...[
      "Deutschland",
      "MEX",
      "São Paulo",
      "O'Brien",
      "California",
      "weiblich",
      "SW1A 1AA",
      "josé@example.com",
    ],
    ...["jane@bücher.example", "+44 (0)7911 123456", "02/16/1997", "Österreich", "日本", "null", "İnan"],
  );
  const country = fc.constantFrom("", "", "US", "GB", "DE", "it", "Brasil", "XX");
  const read = customer.reader(call, [countries, states, genders, details], neverLacks);
  same(
    fc.record({ field: fc.nat(FIELDS.length - 1), value: fc.oneof(text, figures, date, word), country }),
    ({ field, value, country }) => {
      const hashes = read(field, value, country, 2026);
      return [...new Set(hashes)].join("\n");
    },
    ({ field, value, country }) => taken(core.hash(field, give(`${country}\n${value}`), 2026)),
  );
});

test("customer information with any one character in it", WITHIN, () => {
  // Tests one ideograph, Hangul syllable or private-use character in a hundred, and every other character.
  const many = /^[\p{Unified_Ideograph}\p{Co}가-힣]$/u;
  let seen = 0;
  const read = customer.reader(call, [countries, states, genders, details], neverLacks);
  for (let point = 0; point <= 0x10ffff; point++) {
    const character = String.fromCodePoint(point);
    if (!/^\p{Assigned}$/u.test(character) || /^\p{Cs}$/u.test(character)) continue;
    if (many.test(character) && point % 100 !== 0) continue;
    seen++;
    for (const [field, value] of [
      ["ln", `x${character}y`],
      ["zp", `1${character}23`],
      ["external_id", ` ${character} A`],
      ["em", `a${character}b@c${character}d.example`],
      ["em", `"a${character}b"@example.com`],
      ["ph", `+44 7911 12${character}3456 ${character}1`],
      ["db", `1997${character}2${character}16${character}`],
    ] as const) {
      const hashes = read(FIELDS.indexOf(field), value, "", 2026);
      const expected = taken(core.hash(FIELDS.indexOf(field), give(`\n${value}`), 2026));
      expect([...new Set(hashes)].join("\n"), `${field} U+${point.toString(16)}`).toBe(expected);
    }
  }
  expect(seen).toBeGreaterThan(40_000);
});

test("the event id of any order", WITHIN, () =>
  same(
    // A blank order id names no order, so the event id would be random.
    fc.record({ name: text, order: text.filter((order) => order.trim() !== "") }),
    ({ name, order }) => call("event_id", [name, order], [1, 2, 3, 4]),
    ({ name, order }) => core.eventId(name, order),
  ),
);
