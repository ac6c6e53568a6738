// Tests the counts of refusals that no outbox has yet.

import { expect, test } from "vitest";
import { RefusedCounts } from "../../src/shell/edge/refused-counts.ts";

test("two hand-overs at once that fail lose no counts", () => {
  const counts = new RefusedCounts();
  const first = counts.take({ busy: 1, not_found: 1 });
  const second = counts.take({ busy: 2 });
  counts.putBack(first);
  counts.putBack(second);
  expect(counts.take({ busy: 4 })).toEqual({ busy: 7, not_found: 1 });
  expect(counts.take({})).toEqual({});
});

test("a hundred hand-overs that fail lose no counts", () => {
  const counts = new RefusedCounts();
  for (let hour = 0; hour < 100; hour++) counts.putBack(counts.take({ busy: 1 }));
  expect(counts.take({})).toEqual({ busy: 100 });
});
