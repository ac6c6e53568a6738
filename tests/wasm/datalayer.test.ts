// A page's copy of what it pushed, over the vectors by which the worker reads the same table.

import { describe, expect, test } from "vitest";
import { DataLayer, initSync } from "#wasm/datalayer";
import inlined from "#wasm/datalayer_inline";
import { bytesOf } from "../../src/shell/inlined.ts";
import { named, vectors } from "../support/vectors.ts";

initSync({ module: bytesOf(inlined) });

interface Row {
  name: string;
  input: { event?: string; event_name?: string };
  event: { event_name: string; event_id: string; custom_data?: object };
}

/** The same value has the same text, in whatever order its fields stand. */
const bytes = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );

const rows = vectors<Row>("sources/ga4.json");
const pushed = (input: unknown) => new DataLayer({}).push(input);

describe("both copies say the same", () => {
  test("every row is about a page", () => expect(rows.length).toBeGreaterThanOrEqual(23));

  test.each(named(rows))("pushed as Tag Manager wants it: %s", (_, { input, event }) => {
    const page = pushed(input);
    expect(page?.eventName).toBe(event.event_name);
    expect(page?.eventId).toBe(event.event_id);
    expect(bytes(page?.parameters)).toBe(bytes(event.custom_data ?? {}));
  });

  test.each(named(rows))("called as gtag wants it: %s", (_, { input, event }) => {
    const { event: name, ...parameters } = input;
    const page = pushed(["event", name, parameters]);
    expect(page?.eventName).toBe(event.event_name);
    expect(bytes(page?.parameters)).toBe(bytes(event.custom_data ?? {}));
  });
});

test("a change of the table that cannot be read is named by its path", () => {
  expect(() => new DataLayer({ events: [{ event: "a", becomes: 5 }] })).toThrow(
    "events[0].becomes: expected",
  );
  expect(() => new DataLayer([])).toThrow("expected an object");
});

test("a fraction, a text and what is nested too deeply cross as they are", () => {
  let deep: unknown = "deep";
  for (let level = 0; level < 5000; level++) deep = [deep];
  const event = pushed({
    event: "add_to_cart",
    value: "0.30000000000000004",
    currency: "eur",
    items: [{ item_id: 7, price: 1e-7, x: deep }],
  });
  expect(event?.parameters).toEqual({
    value: 0.30000000000000004,
    currency: "EUR",
    content_ids: ["7"],
    content_type: "product",
    contents: [{ id: "7", item_price: 1e-7, quantity: 1 }],
  });
});
