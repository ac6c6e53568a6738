// A page's copy of what it pushed, over the vectors by which the worker reads the same table.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as edge from "#wasm/edge";
import { DataLayer } from "../../src/shell/browser/datalayer/binding.ts";
import { ROOT } from "../support/sandbox.ts";
import { named, vectors } from "../support/vectors.ts";

edge.initSync({ module: readFileSync(`${ROOT}target/wasm/edge_bg.wasm`) });

const KEY = "test-key-0123456789abcdef0123456789abcdef";

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

test("a template composes the ids of a page, too", () => {
  const items = [{ item_id: 34, sku: "TEE-M" }, { item_id: 35, sku: "" }, { item_id: 0 }];
  const ids = (id: string | string[], parts?: object) =>
    new DataLayer({ product: { id }, parts } as object).push({ event: "view_item", items })?.parameters[
      "content_ids"
    ];
  expect(ids("item_id")).toEqual(["34", "35"]);
  expect(ids("{sku}_{item_id}")).toEqual(["TEE-M_34"]);
  expect(ids(["{sku}_{item_id}", "wc_post_id_{item_id}"])).toEqual(["TEE-M_34", "wc_post_id_35"]);
  expect(ids("shopify_{country}_{item_id}", { country: "=DE" })).toEqual(["shopify_DE_34", "shopify_DE_35"]);
});

test("a change of the table that cannot be read is named by its path", () => {
  expect(() => new DataLayer({ events: [{ event: "a", becomes: 5 }] })).toThrow(
    "events[0].becomes: expected",
  );
  expect(() => new DataLayer({ product: { id: "{sku" } })).toThrow("product.id: expected");
  expect(() => new DataLayer({ everyevent: {} } as object)).toThrow("everyevent: expected one of");
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

describe("whatever a page pushes", () => {
  const order = { event: "purchase", transaction_id: "T-1", value: "1.299,00", currency: "eur" };
  const mapped = { currency: "EUR", order_id: "T-1", value: 1299 };

  test("fields of prototypes are not those of a push", () => {
    const prototype = Object.prototype as unknown as Record<string, unknown>;
    const polluted = { ecommerce: { value: 7 }, items: [{ item_id: "X" }], becomes: "Lead", fields: {} };
    for (const [name, value] of Object.entries(polluted)) prototype[name] = value;
    try {
      expect(Object.entries(pushed(order)?.parameters ?? {}).sort()).toEqual(Object.entries(mapped).sort());
    } finally {
      for (const name of Object.keys(polluted)) delete prototype[name];
    }
    const odd = JSON.parse(
      `{ "__proto__": { "event": "purchase" }, "constructor": 1, "length": 5 }`,
    ) as unknown;
    expect(pushed(odd)).toBeUndefined();
    expect(({} as { event?: string }).event).toBeUndefined();
  });

  test("after an error inside the module the next push is read, and what holds still holds", () => {
    const layer = new DataLayer({});
    layer.push({ user_id: "u-1" });
    const throwing = {
      event: "purchase",
      get ecommerce() {
        throw new Error("no");
      },
    };
    expect(() => layer.push(throwing)).toThrow("no");
    const next = layer.push(order);
    expect([next?.parameters, next?.customer]).toEqual([mapped, { external_id: "u-1" }]);
  });

  test("a fresh instance takes the place of one with too much memory", () => {
    const layer = new DataLayer({ events: [{ event: "quiz", becomes: "Lead" }] });
    layer.push(["set", { user_id: "u-1" }]);
    const items = Array.from({ length: 5_000 }, (_, index) => ({
      item_id: `SKU-${index}-${"x".repeat(300)}`,
    }));
    const { Instance } = WebAssembly;
    let fresh = 0;
    WebAssembly.Instance = new Proxy(Instance, {
      construct(target, given: ConstructorParameters<typeof Instance>) {
        fresh += 1;
        return new target(...given);
      },
    });
    for (let round = 0; round < 3; round++) {
      const event = layer.push({ ...order, items });
      expect(event?.parameters["contents"]).toHaveLength(5_000);
      expect(event?.parameters["num_items"]).toBe(5_000);
    }
    const event = layer.push(["event", "quiz"]);
    expect([event?.eventName, event?.customer]).toEqual(["Lead", { external_id: "u-1" }]);
    WebAssembly.Instance = Instance;
    expect(fresh).toBeGreaterThan(0);
  });

  test("a list has elements only", () => {
    const layer = new DataLayer({
      everyEvent: { "custom_data.value": "a.1", "custom_data.order_id": "a.length" },
    });
    const event = layer.push({ event: "purchase", a: ["x", 5], currency: "EUR" });
    expect(event?.parameters).toEqual({ value: 5, currency: "EUR" });
  });
});

test("whatever is pushed, the worker would read the same of it", () => {
  const secrets = JSON.stringify([["BRIDGE_KEY", KEY]]);
  const relay = new edge.Relay(JSON.stringify({ datasets: ["1"], allowedOrigins: ["https://shop.example"] }));
  const request = new Request("https://shop.example/bridge/events", {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}` },
  });
  const word = fc.stringMatching(/^[ -~éß東]{0,12}$/u);
  // As prices are.
  const number = fc.oneof(
    fc.integer(),
    fc.integer().map((whole) => whole / 1000),
  );
  const json = fc.constantFrom(null, true, {}, [], { a: [1] }, [["x"]], "text", 0);
  const price = fc.oneof(
    ...[number, number.map(String), word],
    fc.stringMatching(/^-?[0-9]{0,4}\.?[0-9]{0,3}$/),
    fc.stringMatching(/^[+-]?[0-9]{0,3}[., ]?[0-9]{0,3}[.,]?[0-9]{0,3}(e[+-]?[0-9]{0,3})?$/),
  );
  const item = fc.record(
    {
      ...{ item_id: fc.oneof(word, number), item_name: word, item_brand: fc.oneof(word, json) },
      ...{ price, quantity: price, item_category: word },
    },
    { requiredKeys: [] },
  );
  const said = fc.record(
    {
      ...{
        value: price,
        currency: fc.constantFrom("EUR", "usd", " chf ", 5),
        transaction_id: fc.oneof(word, number),
      },
      ...{ items: fc.oneof(fc.array(item, { maxLength: 4 }), json) },
    },
    { requiredKeys: [] },
  );
  const name = fc.constantFrom(...rows.map(({ input }) => input.event ?? ""));
  const element = fc.tuple(name, said, fc.boolean(), word).map(([event, fields, nested, search_term]) => ({
    ...{
      event,
      search_term,
      page_location: "https://shop.example/",
      user_agent: "Mozilla/5.0",
      ip_override: "8.8.8.8",
    },
    ...(nested ? { ecommerce: fields } : fields),
  }));
  /** The event that the worker sends to Meta. */
  const sentBy = (parcel: Uint8Array | null | undefined) => {
    if (!parcel) return null;
    const plan = edge.Plan.wake(undefined, "1", 0);
    plan.accept(relay, undefined, [parcel], false, 0);
    const delivery = plan.next(relay, undefined, "token", undefined, 1, 60_000);
    plan.free();
    return (JSON.parse(delivery?.body ?? "") as { data: Row["event"][] }).data[0] ?? null;
  };
  const asText = (value: unknown) =>
    bytes(
      JSON.parse(
        JSON.stringify(value ?? null, (_, each: unknown) => (typeof each === "number" ? String(each) : each)),
      ),
    );
  const layer = new DataLayer({});
  let compared = 0;
  fc.assert(
    fc.property(element, (input) => {
      const body = new TextEncoder().encode(JSON.stringify({ source: "ga4", data: [input] }));
      const admitted = relay.admit(request, undefined, undefined, undefined, secrets, Date.now());
      const taken = relay.take(admitted as number, body, Date.now());
      const ofWorker = sentBy(taken?.parcel);
      // A Purchase without a value is refused there; Meta's pixel takes it.
      if (ofWorker === null) return;
      compared += 1;
      const page = layer.push(JSON.parse(JSON.stringify(input)));
      expect(page?.eventName).toBe(ofWorker.event_name);
      // The worker leaves out and names what Meta's server events do not take.
      const sent = (ofWorker.custom_data ?? {}) as Record<string, unknown>;
      for (const [key, value] of Object.entries((page?.parameters ?? {}) as Record<string, unknown>)) {
        // An id that is a number goes to Meta's server events as text.
        const isSame = bytes(value) === bytes(sent[key]) || asText(value) === asText(sent[key]);
        if (!isSame) {
          expect(taken?.answer.body ?? "", key).toMatch(/"event_kept":true/);
        }
      }
      expect(Object.keys(sent).filter((key) => !(key in (page?.parameters ?? {})))).toEqual([]);
    }),
    { numRuns: 2_000, endOnFailure: true },
  );
  expect(compared).toBeGreaterThan(500);
}, 120_000);
