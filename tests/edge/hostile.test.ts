// Hostile requests against the running worker: the same that `npm run hostile` sends, fewer of them.

import { afterAll, beforeAll, expect, test } from "vitest";
import { judged, ordinary, startAttacked } from "../support/hostile/attack.ts";

let attacked: Awaited<ReturnType<typeof startAttacked>>;

beforeAll(async () => {
  attacked = await startAttacked();
});
afterAll(() => attacked.stop());

/** Seconds on a quiet machine; one that does much else takes longer. */
const WITHIN = { timeout: 300_000 };

test(
  "any JSON, and any bytes, posted to any endpoint get an answer in that source's shape, never a 5xx",
  WITHIN,
  async () => {
    const report = await judged(attacked, { requests: 2_000, seed: 1, connections: 4 });
    expect(report.faults).toEqual([]);
    expect(report.answered).toBeGreaterThan(1_800);
    // It would show nothing if all were refused at the door.
    for (const status of [200, 202, 400, 401, 403, 404, 405]) {
      expect(report.statuses[status] ?? 0, `answers with ${status}`).toBeGreaterThan(0);
    }
  },
);

test(
  "afterwards it serves as before; its log tells nothing of what was sent, and no request failed",
  WITHIN,
  async () => {
    expect(await ordinary(attacked)).toBe(202);
    expect(await attacked.settled()).toEqual({ lost: 0, faults: [] });
  },
);
