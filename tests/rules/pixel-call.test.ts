// Tests that tracking calls are told from other commands, and are taken apart.

import { expect, test } from "vitest";
import { fieldsOf, readCall } from "../../src/shell/browser/rules/pixel-call.ts";

const PARAMETERS = { value: 1 };
const OPTIONS = { eventID: "e" };

test.each([
  ["track", "track"],
  ["trackCustom", "trackCustom"],
])("%s is for all datasets", (command, plain) =>
  expect(readCall([command, "Lead", PARAMETERS, OPTIONS])).toEqual([
    ...[undefined, plain, "Lead", PARAMETERS, OPTIONS],
  ]),
);

test.each([
  ["trackSingle", "track"],
  ["trackSingleCustom", "trackCustom"],
])("%s is for one dataset", (command, plain) =>
  expect(readCall([command, 42, "Lead", PARAMETERS, OPTIONS])).toEqual([
    ...[["42"], plain, "Lead", PARAMETERS, OPTIONS],
  ]),
);

test.each(["init", "consent", "set", "tracks", "xtrack", "trackCustomSingle", "", undefined, 7])(
  "%j tracks nothing",
  (command) => expect(readCall([command, "Lead"])).toBeUndefined(),
);

test("arguments after the options are kept, and the call stays as it was", () => {
  const call = Object.freeze(["trackSingle", "42", "Lead", PARAMETERS, OPTIONS, "more", 7]) as unknown[];
  expect(readCall(call)).toEqual([["42"], "track", "Lead", PARAMETERS, OPTIONS, "more", 7]);
  expect(readCall(["track", "Lead"])).toEqual([undefined, "track", "Lead"]);
});

test.each([undefined, null, "text", 7, true])("%j instead of an object counts as none", (value) =>
  expect(fieldsOf(value)).toEqual({}),
);

test("an object is read as it is", () => expect(fieldsOf(OPTIONS)).toBe(OPTIONS));
