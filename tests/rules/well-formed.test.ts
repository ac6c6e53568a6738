// Tests that texts are well formed before they leave a page.

import fc from "fast-check";
import { expect, test } from "vitest";
import { wellFormed } from "../../src/shell/browser/rules/well-formed.ts";

/** Returns the value that the worker reads after `wellFormed` replaced lone surrogates in the JSON text. */
const sent = (value: unknown) => JSON.parse(wellFormed(JSON.stringify(value))) as unknown;

/** Replaces lone surrogates by WHATWG's algorithm for a USVString, which TextEncoder follows. */
const usv = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text));

test.each([
  ["half an emoji", "Kitten 😀".slice(0, 8), "Kitten \ufffd"],
  ["the other half", "😀".slice(1), "\ufffd"],
  ["halves in the wrong order", "\ude00\ud83d", "\ufffd\ufffd"],
  ["a whole emoji", "Kitten 😀", "Kitten 😀"],
  ["a whole one behind half of one", "\ud83d😀", "\ufffd😀"],
  ["text that looks like an escape", "\\ud83d \\\\ud83d", "\\ud83d \\\\ud83d"],
  ["a backslash before half an emoji", "\\\ud83d", "\\\ufffd"],
  ["other escapes", '\b\f\n\r\t"/\\\u0000\u001f\u2028', '\b\f\n\r\t"/\\\u0000\u001f\u2028'],
  ["characters near the surrogates", "\ud7ff\ue000\uffff", "\ud7ff\ue000\uffff"],
])("%s", (_, given, expected) => expect(sent(given)).toBe(expected));

test("keys and what is deep inside are well formed, too", () => {
  const contents = [{ id: "A\ud800", "k\udfff": [["\ud800"]] }];
  expect(sent({ contents })).toEqual({ contents: [{ id: "A\ufffd", "k\ufffd": [["\ufffd"]] }] });
});

test("any text becomes what TextEncoder makes of it, and so hashes and ids agree", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
      const text = String.fromCharCode(...units);
      expect(sent(text)).toBe(usv(text));
    }),
  );
});

test("a JSON text without lone surrogates stays as it is", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      const written = JSON.stringify(JSON.parse(json));
      expect(wellFormed(written)).toBe(written);
    }),
  );
});
