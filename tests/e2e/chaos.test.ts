// A few hundred events under random failure; `npm run chaos` tracks ten thousand.

import { expect, test } from "@playwright/test";
import { chaos } from "../chaos/chaos.ts";

test("events tracked while network, worker and browser fail arrive once", async () => {
  const { tracked, figures, faults } = await chaos({
    events: 300,
    visitors: 2,
    tabs: 3,
    seed: 20_261_125,
    millis: 15_000,
    say: () => undefined,
  });
  const empty = Object.fromEntries(Object.keys(faults).map((what) => [what, []]));
  expect(faults, JSON.stringify(figures)).toEqual(empty);
  // However busy the machine is, something was tried.
  expect(tracked).toBeGreaterThan(50);
});
