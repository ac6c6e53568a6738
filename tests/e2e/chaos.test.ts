// A few hundred events under random failure; `npm run chaos` tracks ten thousand.

import { expect, test } from "@playwright/test";
import { chaos } from "../chaos/chaos.ts";

// A busy machine needs minutes.
test.setTimeout(240_000);

test("events tracked while network, worker and browser fail arrive once", async () => {
  const { tracked, figures, faults } = await chaos({
    events: 300,
    visitors: 2,
    tabs: 3,
    seed: 20_261_125,
    millis: 40_000,
    say: () => undefined,
  });
  const found = Object.entries(faults).filter(([, all]) => all.length > 0);
  const some = found.map(([what, all]) => `${all.length} ${what}, such as ${all.slice(0, 3).join(" | ")}`);
  expect(found, `${some.join("\n")}\n${JSON.stringify(figures)}`).toEqual([]);
  // However busy the machine is, something was tried.
  expect(tracked).toBeGreaterThan(50);
});
