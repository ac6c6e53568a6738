// Tests the way of a visitor from an ad to an order, in every browser.

import { eventually } from "../support/eventually.ts";
import type { Visitor } from "../support/browsers/browser.ts";
import { pair } from "../support/shop.ts";
import { expect, test } from "./visit.ts";

test("arriving from an ad and buying gives one merged Purchase with equal identifiers", async ({
  visitor,
  shop,
}) => {
  await buy(visitor, shop.at("/?fbclid=Test-Click_1", "www.shop.localhost"));

  const purchase = await pair(shop, "Purchase");
  expect(purchase).toMatchObject({ merged: true, merged_by: "event_id", why_not: null });
  const { browser, server } = purchase;
  expect(server?.event_id).toMatch(/^[0-9a-f]{32}$/);
  expect(server?.event_id).toBe(browser?.event_id);
  const [fbc, fbp] = await visitor.cookies();
  for (const copy of [browser, server]) expect(copy).toMatchObject({ fbc: fbc?.value, fbp: fbp?.value });
});

test("the shop's back end gets the identifiers with the order", async ({ visitor, shop }) => {
  await visitor.goto(shop.at("/?fbclid=Test-Click_2", "localhost"));
  const told = await visitor.evaluate(async () => {
    const response = await fetch("/api/orders", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ items: [{ id: "delta", quantity: 1 }] }),
    });
    return ((await response.json()) as { identifiers: Record<string, string | null> }).identifiers;
  });
  const [fbc, fbp] = await visitor.cookies();
  expect(told).toEqual({
    fbc: fbc?.value,
    fbp: fbp?.value,
    event_id: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

/** Buys a kite: opens the product, adds it to the basket, checks out and orders. */
async function buy(visitor: Visitor, url: string): Promise<void> {
  await visitor.goto(url);
  for (const what of ["product", "add-to-cart", "checkout", "buy"]) await press(visitor, what);
  await eventually("the order's number", async () => (await finds(visitor, "order-id")) || undefined);
}

/** Presses the element with this test id, once its page has loaded. */
async function press(visitor: Visitor, testId: string): Promise<void> {
  await eventually(testId, async () => {
    const pressed = await visitor.evaluate((testId) => {
      const found = document.querySelector<HTMLElement>(`[data-testid="${testId}"]`);
      if (found === null || document.readyState !== "complete") return false;
      // Clicks after this call has returned, because a new page would cut its answer short.
      setTimeout(() => found.click());
      return true;
    }, testId);
    return pressed || undefined;
  });
}

function finds(visitor: Visitor, testId: string): Promise<boolean> {
  return visitor.evaluate((testId) => document.querySelector(`[data-testid="${testId}"]`) !== null, testId);
}
