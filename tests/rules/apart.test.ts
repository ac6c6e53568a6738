// Tests which stored events are sent apart from the others.

import { expect, test } from "vitest";
import { apart } from "../../src/shell/browser/rules/apart.ts";

const [fresh, retried, often] = [{ tries: 0 }, { tries: 2 }, { tries: 3 }];

test("events are set apart by chance, from the third retry on", () => {
  expect(apart([fresh, often, retried], () => 0.49)).toEqual([[fresh, retried], [often]]);
  expect(apart([fresh, often, retried], () => 0.5)).toEqual([[fresh, often, retried], []]);
});

test("each event has a chance of its own", () => {
  const chances = [0, 0.9, 0];
  const [one, other, third] = [
    { tries: 3, id: 1 },
    { tries: 9, id: 2 },
    { tries: 4, id: 3 },
  ];
  expect(apart([one, other, third], () => chances.shift()!)).toEqual([[other], [one, third]]);
});
