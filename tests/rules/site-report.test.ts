// The faults that `check` finds, over events written by hand. The rules are Meta's: see the source beside each.

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { ObservedCopy, VisitedPage } from "../../src/shell/testing/observed.ts";
import { judged, type Observed, type Rule } from "../../src/shell/testing/site-report.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const DAY = 24 * 60 * 60 * 1000;
const FBP = "fb.1.1596403881668.1116446470";
const PAGE = "https://shop.example/thanks";

const copy = (side: ObservedCopy["side"], changes: Partial<ObservedCopy> = {}): ObservedCopy => ({
  side,
  datasetId: "1234567890",
  eventName: "Purchase",
  eventId: "order-1",
  eventTimeMillis: NOW - 1000,
  fbp: FBP,
  url: PAGE,
  userData: {},
  customData: { value: 59.9, currency: "EUR" },
  visitor: 0,
  page: 0,
  ...changes,
});
const browser = (changes: Partial<ObservedCopy> = {}) => copy("browser", changes);
const server = (changes: Partial<ObservedCopy> = {}) => copy("server", changes);
const pages: VisitedPage[] = [{ url: PAGE, visitor: 0 }];
const look = (copies: ObservedCopy[], others: Partial<Observed> = {}) =>
  judged({ copies, pages, nowMillis: NOW, ...others });
const rules = (copies: ObservedCopy[], others: Partial<Observed> = {}): Rule[] =>
  look(copies, others).findings.map(({ rule }) => rule);
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("a sound pair is merged, and nothing is found", () => {
  expect(look([browser(), server()])).toMatchObject({
    events: [{ verdict: "merged", mergedBy: "event_id", eventName: "Purchase" }],
    findings: [],
  });
});

test("a post that names no dataset belongs to the pixel's", () => {
  expect(look([browser(), server({ datasetId: "" })]).events).toMatchObject([
    { verdict: "merged", datasetId: "1234567890" },
  ]);
});

describe("ids and names (Handling Duplicate Pixel and Conversions API Events)", () => {
  test("no event id: the line that gives one", () => {
    const { events, findings } = look([browser({ eventId: undefined, fbp: undefined }), server()]);
    expect(findings.map(({ rule }) => rule)).toEqual(["no-event-id"]);
    expect(findings[0]?.message).toContain("The browser's copy of Purchase has no event id");
    expect(findings[0]?.fix).toContain(`fbq("track", "Purchase", {…}, { eventID: id })`);
    expect(events.map(({ verdict }) => verdict)).toEqual(["doubled", "doubled"]);
  });

  test("no event id, but one fbp: Meta joins the copies, and the fault is still named", () => {
    const { events, findings } = look([browser({ eventId: undefined }), server()]);
    expect(events).toMatchObject([{ mergedBy: "fbp" }]);
    expect(findings.map(({ rule }) => rule)).toEqual(["no-event-id"]);
  });

  test("different ids", () => {
    const { events, findings } = look([browser(), server({ eventId: "order-2" })]);
    expect(findings).toMatchObject([{ rule: "different-ids", severity: "error", page: PAGE }]);
    expect(findings[0]?.message).toContain(`"order-1" in the browser and "order-2" on the server`);
    expect(events.map(({ verdict }) => verdict)).toEqual(["doubled", "doubled"]);
  });

  test("different names", () => {
    const { findings } = look([browser(), server({ eventName: "purchase" })]);
    expect(findings).toMatchObject([{ rule: "different-names", fix: expect.stringContaining(`"Purchase"`) }]);
  });

  test("server copy missing", () => {
    const { events, findings } = look([browser()]);
    expect(findings).toMatchObject([{ rule: "server-copy-missing" }]);
    expect(findings[0]?.fix).toContain("/bridge/capi-bridge.js");
    expect(events[0]?.verdict).toBe("lost");
  });

  test("browser copy missing", () => {
    const { events, findings } = look([server()]);
    expect(findings).toMatchObject([{ rule: "browser-copy-missing" }]);
    expect(findings[0]?.fix).toContain(`{ eventID: "order-1" }`);
    expect(events[0]?.verdict).toBe("lost");
  });

  test("two events of one name, both sound, are two events", () => {
    const second = { eventId: "order-2" };
    expect(rules([browser(), server(), browser(second), server(second)])).toEqual([]);
  });
});

describe("fbc (ClickID and the fbp and fbc Parameters)", () => {
  const arrived = [{ url: "https://shop.example/?fbclid=IwAR2New", visitor: 0 }, ...pages];

  test("the wrong click id: an older click, or other letters", () => {
    for (const click of ["IwAR2Old", "iwar2new"]) {
      const { findings, events } = look(
        [browser(), server({ fbc: `fb.1.1554763741205.${click}`, page: 1 })],
        {
          pages: arrived,
        },
      );
      expect(findings).toMatchObject([{ rule: "fbc-wrong-click", fix: expect.stringContaining("IwAR2New") }]);
      expect(events[0]?.verdict).toBe("malformed");
    }
  });

  test("the right click id, also with an appendix, and a click of which nothing is known", () => {
    for (const fbc of ["fb.1.1554763741205.IwAR2New", "fb.1.1554763741205.IwAR2New.AQYCAQMB"]) {
      expect(rules([browser({ fbc, page: 1 }), server()], { pages: arrived })).toEqual([]);
    }
    expect(rules([browser({ fbc: "fb.1.1554763741205.Any" }), server()])).toEqual([]);
  });

  test("seconds", () => {
    const { findings } = look([browser(), server({ fbc: "fb.1.1554763741.Any" })]);
    expect(findings).toMatchObject([{ rule: "fbc-in-seconds" }]);
    expect(findings[0]?.message).toContain("1554763741 as the time in fbc, which is in seconds");
  });
});

describe("fbp", () => {
  const visited = (...values: string[]) => values.map((fbp) => ({ url: PAGE, visitor: 0, fbp }));

  test("made anew on every page", () => {
    const { findings } = look([browser(), server()], { pages: visited("fb.1.1.1", "fb.1.2.2", "fb.1.3.3") });
    expect(findings).toMatchObject([{ rule: "fbp-remade" }]);
    expect(findings[0]?.message).toContain("on every page");
  });

  test("kept, and another visitor's", () => {
    const other = { url: PAGE, visitor: 1, fbp: "fb.1.9.9" };
    expect(rules([browser(), server()], { pages: [...visited(FBP, FBP), other] })).toEqual([]);
  });
});

describe("hashes (Customer Information Parameters)", () => {
  const emails = ["Jane@Example.com"];

  test.each(["Jane@Example.com", " jane@example.com", "JANE@EXAMPLE.COM", "jane@example.com\n", ""])(
    "the hash of %j",
    (hashed) => {
      const { findings } = look([browser(), server({ userData: { em: [sha256(hashed)] } })], { emails });
      expect(findings).toMatchObject([{ rule: "hash-not-normalised" }]);
      expect(findings[0]?.message).not.toContain("ane@");
    },
  );

  test("the normalised hash, and one of an e-mail that is not known", () => {
    for (const em of [
      sha256("jane@example.com"),
      [`${sha256("jane@example.com")}.AQYCAQMB`],
      sha256("other"),
    ]) {
      expect(rules([browser({ userData: { em } }), server()], { emails })).toEqual([]);
    }
  });

  test("an e-mail that stands in the visitor's page", () => {
    const page = { url: PAGE, visitor: 0, emails };
    const em = sha256("Jane@Example.com");
    expect(rules([browser({ userData: { em } }), server()], { pages: [page] })).toEqual([
      "hash-not-normalised",
    ]);
  });
});

test.each([
  [{ value: 5 }, ["value-without-currency"]],
  [{ value: "5", currency: "" }, ["value-without-currency"]],
  [{ value: 0, currency: "EUR" }, []],
  [{}, []],
])("a value without a currency (Standard Events): %j", (customData, expected) => {
  expect(rules([browser({ customData }), server()])).toEqual(expected);
});

test.each([
  [{ eventTimeMillis: NOW - 8 * DAY }, ["event-too-old"]],
  [{ eventTimeMillis: NOW - 6 * DAY }, []],
  [{ eventTimeMillis: NOW - 61 * DAY, actionSource: "physical_store" }, []],
  [{ eventTimeMillis: NOW - 63 * DAY, actionSource: "physical_store" }, ["event-too-old"]],
])("an event that is too old (Server Event Parameters): %j", (changes, expected) => {
  expect(rules([browser(), server(changes)])).toEqual(expected);
});

describe("PageView", () => {
  const view = (changes: Partial<ObservedCopy>) => ({ eventName: "PageView", customData: {}, ...changes });
  const pair = (id: string, changes: Partial<ObservedCopy> = {}) => [
    browser(view({ eventId: id, ...changes })),
    server(view({ eventId: id, ...changes })),
  ];

  test("twice for one view of a page", () => {
    const { findings, events } = look([...pair("a"), ...pair("b")]);
    expect(findings).toMatchObject([{ rule: "duplicate-page-view" }]);
    expect(findings[0]?.message).toContain("2 times for one view");
    expect(events.map(({ verdict }) => verdict)).toEqual(["doubled", "doubled"]);
  });

  test("once for each page, each route and each pixel", () => {
    const route = "https://shop.example/route";
    const others = [
      ...pair("b", { page: 1 }),
      ...pair("c", { url: route }),
      ...pair("d", { datasetId: "42" }),
    ];
    expect(rules([...pair("a"), ...others], { pages: [...pages, ...pages] })).toEqual([]);
  });
});

describe("personal data in an address (Business Tools Terms)", () => {
  test.each([
    ["https://shop.example/thanks?email=jane%40example.com", `the parameter "email"`],
    ["https://shop.example/thanks?q=jane@example.com", `the parameter "q"`],
    ["https://shop.example/thanks?phone=4915112345678", `the parameter "phone"`],
    ["https://shop.example/u/jane@example.com", "the path"],
  ])("%s", (url, where) => {
    const { findings } = look([browser({ url }), server()]);
    expect(findings).toMatchObject([{ rule: "personal-data-in-url" }]);
    expect(findings[0]?.message).toContain(where);
    // The report itself must not repeat it.
    expect(JSON.stringify(findings)).not.toContain("jane");
  });

  test.each([
    `https://shop.example/?email=${sha256("jane@example.com")}`,
    "https://shop.example/?email=",
    "no address",
  ])("not in %s", (url) => expect(rules([browser({ url }), server()])).toEqual([]));
});

describe("an event id that two visitors share", () => {
  const visitor = (number: number, eventId: string) => [
    browser({ visitor: number, page: number, eventId, fbp: `fb.1.1.${number}` }),
    server({ visitor: number, page: number, eventId, fbp: `fb.1.1.${number}` }),
  ];
  const two = { pages: [...pages, { url: PAGE, visitor: 1 }] };

  test("is from a cached page", () => {
    const { findings } = look([...visitor(0, "same"), ...visitor(1, "same")], two);
    expect(findings).toMatchObject([{ rule: "shared-event-id", eventId: "same" }]);
    expect(findings[0]?.fix).toContain("crypto.randomUUID()");
  });

  test("is not found where each has an id of their own", () => {
    expect(rules([...visitor(0, "one"), ...visitor(1, "two")], two)).toEqual([]);
  });
});

test("the line that sends the event is found in the site's sources", () => {
  const sources = [
    { url: "https://shop.example/names.js", text: `export const names = ["Purchase"];` },
    { url: PAGE, text: `<script>\n  fbq('track', 'Purchase', { value: 59.9 });\n</script>` },
  ];
  expect(look([browser({ eventId: undefined })], { sources }).findings[0]?.line).toEqual({
    url: PAGE,
    line: 2,
    text: "fbq('track', 'Purchase', { value: 59.9 });",
  });
});

test("an address is shown without the values of its query", () => {
  const [finding] = look([browser()], {
    pages: [{ url: `${PAGE}?fbclid=IwAR2&email=x`, visitor: 0 }],
  }).findings;
  expect(finding?.page).toBe(`${PAGE}?fbclid=…&email=…`);
});
