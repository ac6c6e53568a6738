// Tests what the sandbox's page says of one event: differences, merged view, advice, match quality, words.

import { expect, test } from "vitest";
import { adviceOn } from "../../www/sandbox/model/advice.ts";
import { differences, mergedView } from "../../www/sandbox/model/differences.ts";
import { faultInWords, faultWish } from "../../www/sandbox/model/fault.ts";
import { identifiersOf, overall } from "../../www/sandbox/model/quality.ts";
import { short, span } from "../../www/sandbox/model/words.ts";
import { browserCopy, merged, seen, serverCopy } from "./sandbox-events.ts";

const PAIR = merged({
  browser: browserCopy(1000, {
    fbp: "fb.1.1.1",
    custom_data: { value: "59.9", currency: "EUR", ids: ["a"], contents: [{ id: "1", quantity: 2 }] },
    user_data: { em: "h" },
  }),
  server: serverCopy(3000, {
    fbp: "fb.1.1.2",
    custom_data: { value: 59.9, currency: "USD", ids: "a", contents: [{ quantity: 2, id: "1" }] },
    user_data: { em: ["h"], fbp: "fb.1.1.2", ph: ["p"] },
  }),
});
const fields = () => differences(PAIR).flatMap((group) => group.fields.map(({ name, is }) => [name, is]));

test("numbers as text, lists of one and the order of keys are no difference", () => {
  expect(Object.fromEntries(fields())).toMatchObject({
    "event id": "equal",
    fbp: "different",
    value: "equal",
    currency: "different",
    ids: "equal",
    contents: "equal",
    em: "equal",
    ph: "server",
    received: "apart",
  });
});

test("the keys of a hostile event are fields like any other", () => {
  const custom_data = JSON.parse('{"__proto__": "x", "constructor": "y"}') as object;
  const found = differences(merged({ server: serverCopy(3000, { custom_data }) })).flatMap(
    (group) => group.fields,
  );
  expect(found.filter(({ is }) => is === "server").map(({ name }) => name)).toEqual(
    expect.arrayContaining(["__proto__", "constructor"]),
  );
});

test("the merged view has the first copy's values and the other's additions", () => {
  expect(mergedView(PAIR)).toEqual(
    expect.arrayContaining([
      { name: "fbp", value: "fb.1.1.1", from: "browser" },
      { name: "value", value: "59.9", from: "both" },
      { name: "currency", value: "EUR", from: "browser" },
      { name: "ph", value: "p", from: "server" },
    ]),
  );
  const serverFirst = mergedView({ ...PAIR, browser: browserCopy(9000, { fbp: "fb.1.1.1" }) });
  expect(serverFirst).toContainEqual({ name: "fbp", value: "fb.1.1.2", from: "server" });
});

test("an event without an id is told where the id belongs", () => {
  const [advice] = adviceOn(
    seen({ event_id: null, browser: browserCopy(1, { event_id: null }), why_not: "No id." }),
  );
  expect(advice).toMatchObject({ field: "event_id", severity: "error", message: "No id." });
  expect(advice?.code).toBe('fbq("track", "Lead", {}, {eventID: "one-id-for-both-copies"});');
});

test("a copy that may still come is a warning", () => {
  expect(adviceOn(seen({ why_not: "The server's copy has not arrived (yet)." }))[0]?.severity).toBe(
    "warning",
  );
  expect(adviceOn(seen({ why_not: "The server's copy did not arrive within 48 hours." }))[0]?.severity).toBe(
    "error",
  );
});

test("a missing browser copy is told as the call that would send it", () => {
  const [advice] = adviceOn(seen({ browser: null, server: serverCopy(1) }));
  expect(advice?.code).toBe('fbq("track", "Lead", {}, {eventID: "id-1"});');
});

test.each([
  ['Same id but different names: browser "Lead", server "lead".', /same event name/],
  ['The event ids differ: browser "a", server "b" (same fbp).', /Make the id once/],
  ["The two copies came more than 48 hours apart (about 49): Meta counts both.", /within 48 hours/],
])("%s has a fix", (why_not, fix) => expect(adviceOn(seen({ why_not }))[0]?.fix).toMatch(fix));

test("a merged pair that differs is warned of, and one that does not is not", () => {
  expect(adviceOn(PAIR).map(({ field, severity }) => [field, severity])).toEqual([
    ["fbp", "warning"],
    ["currency", "warning"],
  ]);
  expect(adviceOn(merged())).toEqual([]);
});

test("the sandbox's own findings come first, errors before warnings", () => {
  const warning = { field: "fbp", severity: "warning" as const, message: "m", fix: "f" };
  const error = { ...warning, severity: "error" as const, field: "event_id" };
  expect(adviceOn(seen({ findings: [warning, error] }))).toEqual([error, warning]);
  // A reason stays when no finding gives one.
  expect(adviceOn(seen({ findings: [warning], why_not: "No copy." }))[0]?.message).toBe("No copy.");
});

test("identifiers are told by their path", () => {
  expect(identifiersOf(PAIR)).toEqual([
    { key: "em", by: "both" },
    { key: "ph", by: "server" },
    { key: "fbp", by: "both" },
  ]);
});

test("all events together: coverage by identifier, and a mean score only where there are scores", () => {
  const { events, score, coverage } = overall([PAIR, seen()]);
  expect([events, score]).toEqual([2, null]);
  expect(coverage[0]).toEqual({ key: "em", browser: 0, server: 0, both: 1 });
  const scored = [2, 5].map((score) => seen({ match_quality: { score, identifiers: [] } }));
  expect(overall(scored).score).toBe(3.5);
});

test("a cut leaves no half of an emoji", () => {
  expect(short("ab🙂", 10)).toBe("ab🙂");
  expect(short("ab🙂cd", 3)).toBe("ab…");
  expect(short("ab🙂cd", 4)).toBe("ab🙂…");
});

test.each([
  [0, "0 ms"],
  [250.4, "250 ms"],
  [1840, "1.8 s"],
  [180_000, "3 min"],
  [49 * 3_600_000, "2 days"],
  [30 * 3_600_000, "30 h"],
  [8 * 86_400_000, "8 days"],
])("%i milliseconds are %s", (millis, words) => expect(span(millis)).toBe(words));

test("a fault is told in one sentence, and asked for with no field that today's sandbox does not know", () => {
  expect(faultInWords({ status: 500, remaining: 3 })).toBe("Meta answers 500 to the next 3 requests.");
  expect(faultInWords({ status: 500, remaining: 1, event_id: "a" })).toBe(
    "Meta answers 500 to the next request with the event a.",
  );
  expect(faultInWords({ kind: "reset", target: "pixel", remaining: 2, latency_millis: 1500 })).toBe(
    "The pixel’s endpoint resets the connection of the next 2 requests, 1.5 s late.",
  );
  expect(faultWish("503", 3, 0, "graph")).toEqual({ status: 503, times: 3 });
  expect(faultWish("garbage", 1, 200, "pixel")).toEqual({
    kind: "garbage",
    times: 1,
    latency_millis: 200,
    target: "pixel",
  });
});
