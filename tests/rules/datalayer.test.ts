// Tests the messages of the dataLayer's listener about mistakes in its options.

import { expect, test } from "vitest";
import { mistakes } from "../../src/shell/browser/datalayer/mistakes.ts";

test.each([
  [{ pixel: "leav" }, "dataLayer: pixel (data-pixel): expected call, leave. Until then it is call."],
  [{ pixels: "call" }, "dataLayer: pixels is no option. Did you mean pixel (data-pixel)?"],
  [{ mapping: {} }, "dataLayer: mapping is no option. Did you mean mappings (data-mappings)?"],
])("%j", (options, sentence) => expect(mistakes(options as object)).toEqual([sentence]));

test.each([
  {},
  { name: "layer", pixel: "leave", mappings: {} },
  { pixel: undefined },
  { cfasync: "false", category: "marketing" },
])("%j is fine", (options) => expect(mistakes(options as object)).toEqual([]));
