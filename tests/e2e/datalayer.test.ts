// Tests the page's dataLayer: of Tag Manager or gtag, before or after the bridge, with or without a pixel.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, type Page } from "@playwright/test";
import { blank, bridge, INIT, PIXEL, run, serverCopy, settle, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const LISTENER = `<script src="/bridge/capi-bridge-datalayer.js"></script>`;
const GTAG = `<script>window.dataLayer ??= []; function gtag() { dataLayer.push(arguments); }</script>`;
const HEAD = GTAG + bridge() + STUB + INIT + PIXEL + LISTENER;

const ITEM = { item_id: "SKU-1", item_name: "Tee", price: "19.90", quantity: 2 };
const PURCHASE = { transaction_id: "T-1", value: 39.8, currency: "eur", items: [ITEM] };
/** The event id of order T-1 by the rule of docs/identifiers.md. */
const ID_OF_ORDER = "afc48fc178555e713194750f19c6ced7";
const CUSTOM_DATA = {
  content_ids: ["SKU-1"],
  content_type: "product",
  contents: [{ id: "SKU-1", item_price: 19.9, quantity: 2, title: "Tee" }],
  currency: "EUR",
  num_items: 2,
  order_id: "T-1",
  value: 39.8,
};

const push = (page: Page, ...elements: unknown[]) =>
  page.evaluate(`dataLayer.push(...${JSON.stringify(elements)})`);
const sent = async (page: Page) => (await run(page, (window) => window.sent)).map(({ name }) => name);

test("a purchase of the dataLayer has both copies, with the order's id, once", async ({ page, shop }) => {
  const { posted, errors } = await blank(page, shop.at("/purchase"), HEAD);
  await push(page, { ecommerce: null }, { event: "purchase", ecommerce: PURCHASE });
  await expect.poll(() => posted.length).toBe(1);
  await push(page, { event: "purchase", ecommerce: PURCHASE });
  await settle(page);
  expect(posted).toHaveLength(1);
  expect(posted[0]).toMatchObject({ event_name: "Purchase", event_id: ID_OF_ORDER });
  expect(posted[0]?.custom_data).toEqual(CUSTOM_DATA);
  expect(await run(page, (window) => window.sent)).toEqual([
    { dataset: "1234567890", name: "Purchase", id: ID_OF_ORDER },
  ]);
  await page.reload();
  await push(page, { event: "purchase", ecommerce: PURCHASE });
  await settle(page);
  expect(await sent(page)).toEqual([]);
  expect((await serverCopy(shop, "Purchase")).server.event_id).toBe(ID_OF_ORDER);
  expect(errors).toEqual([]);
});

test("gtag's calls count the same, those before us too, in their order", async ({ page, shop }) => {
  const before = `<script>
    gtag("js", new Date()); gtag("config", "G-1"); gtag("set", { currency: "EUR" });
    gtag("event", "add_to_cart", { value: 39.8, items: [${JSON.stringify(ITEM)}] });
  </script>`;
  const { posted } = await blank(page, shop.at("/gtag"), GTAG + before + HEAD);
  await page.evaluate(
    `gtag("event", "purchase", ${JSON.stringify(PURCHASE)}); gtag("event", "select_item", {})`,
  );
  await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["AddToCart", "Purchase"]);
  const { order_id: _, num_items: __, ...ofCart } = CUSTOM_DATA;
  expect(posted.map((event) => event.custom_data)).toEqual([ofCart, CUSTOM_DATA]);
  expect(await sent(page)).toEqual(["AddToCart", "Purchase"]);
});

test("the pixel gets what the worker gets", async ({ page, shop }) => {
  await blank(page, shop.at("/both"), GTAG + bridge() + STUB + INIT + LISTENER);
  await push(page, { event: "purchase", ecommerce: PURCHASE });
  await expect
    .poll(() => run(page, (window) => window.fbq.queue.map((call) => Array.from(call).slice(0, 3))))
    .toEqual([
      ["init", "1234567890"],
      ["track", "Purchase", CUSTOM_DATA],
    ]);
});

test("the documentation's example does what it says", async ({ page, shop }) => {
  const document = readFileSync(new URL("../../docs/datalayer.md", import.meta.url), "utf8");
  const block = (language: string) => document.split(`\`\`\`${language}\n`)[1]?.split("```")[0] ?? "";
  const snippet = /<!-- the pixel.*-->/;
  expect(block("html")).toMatch(snippet);
  const { posted } = await blank(page, shop.at("/documented"), block("html").replace(snippet, STUB + INIT));
  await expect.poll(() => posted.length).toBe(1);
  const calls = await page.evaluate(`{
    const calls = fbq.queue.map((call) => Array.from(call));
    ((fbq) => { ${block("js")} })((...call) => calls.push(call));
    calls.slice(1);
  }`);
  const [told, documented] = calls as unknown[];
  expect(told).toEqual(documented);
});

test("a push that Tag Manager replaced, and whoever listens beside it, go on; each event counts once", async ({
  page,
  shop,
}) => {
  const { posted, errors } = await blank(page, shop.at("/replaced"), HEAD);
  // Two other listeners wrap `push` after the bridge. Each calls the one before it and returns its result.
  const lengths = await page.evaluate(`{
    window.heard = [];
    for (const name of ["gtm", "other"]) {
      const before = dataLayer.push;
      dataLayer.push = function (...all) { heard.push(name); return before.apply(dataLayer, all); };
    }
    const shared = { event: "contact" };
    [dataLayer.push(shared), dataLayer.push(shared), dataLayer.length];
  }`);
  expect(lengths).toEqual([1, 2, 2]);
  expect(await page.evaluate("heard")).toEqual(["other", "gtm", "other", "gtm"]);
  await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["Contact", "Contact"]);
  expect(errors).toEqual([]);
});

test("what cannot be read reaches neither the page nor Meta, and the next event is heard", async ({
  page,
  shop,
}) => {
  const { posted, errors, warnings } = await blank(page, shop.at("/odd"), HEAD);
  const length = await page.evaluate(`{
    const loop = { event: "purchase" }; loop.loop = loop;
    const deep = JSON.parse("[".repeat(100) + "]".repeat(100));
    const throws = { event: "purchase", get ecommerce() { throw new Error("no"); } };
    dataLayer.push(loop, throws, 5, null, undefined, "purchase", () => {}, ["event", "purchase"], { event: "search", deep },
      { event: "contact", element: document.body, view: window });
  }`);
  expect(length).toBe(10);
  await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["Search", "Contact"]);
  expect(errors).toEqual([]);
  expect(warnings.filter((text) => text.includes("capi-bridge"))).toHaveLength(1);
});

test("consent is waited for, and a refusal stands, for the pixel that we call too", async ({
  page,
  shop,
}) => {
  const pending = bridge(`data-datasets="1234567890" data-consent="pending"`);
  const { posted } = await blank(page, shop.at("/consent"), GTAG + pending + STUB + INIT + PIXEL + LISTENER);
  await push(page, { event: "contact" });
  await settle(page);
  expect([posted.length, await sent(page)]).toEqual([0, []]);
  await run(page, (window) => window.capiBridge.setConsent("granted"));
  await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["Contact"]);
  expect(await sent(page)).toEqual(["Contact"]);
  await run(page, (window) => window.capiBridge.setConsent("denied"));
  await push(page, { event: "schedule" });
  await settle(page);
  expect([posted.length, await sent(page)]).toEqual([1, ["Contact"]]);
});

test("where the page's own tags call the pixel, they have the event's id and nothing is doubled", async ({
  page,
  shop,
}) => {
  const leaves = LISTENER.replace("<script", `<script data-pixel="leave"`);
  const { posted } = await blank(page, shop.at("/leave"), GTAG + bridge() + STUB + INIT + PIXEL + leaves);
  // A tag of Tag Manager calls the pixel without an order id or event id. The page pushes the order twice.
  await page.evaluate(`{
    const before = dataLayer.push;
    dataLayer.push = function (element) {
      const length = before.apply(dataLayer, arguments);
      if (element.event === "purchase") fbq("track", "Purchase", { value: 39.8, currency: "EUR" });
      return length;
    };
  }`);
  await push(page, { event: "purchase", ecommerce: PURCHASE });
  await push(page, { event: "purchase", ecommerce: PURCHASE });
  await push(page, { event: "add_to_cart", ecommerce: { items: [ITEM] } });
  await settle(page);
  expect(posted.map((event) => [event.event_name, event.event_id])).toEqual([["Purchase", ID_OF_ORDER]]);
  expect((await serverCopy(shop, "Purchase")).server.event_id).toBe(ID_OF_ORDER);
  expect(await sent(page)).toEqual(["Purchase"]);
});

test("a pixel that the bridge drives or leaves alone", async ({ page, shop }) => {
  for (const [mode, calls] of [
    ["drive", ["Contact"]],
    ["off", []],
  ] as const) {
    const bridged = bridge(`data-datasets="1234567890" data-pixel="${mode}"`);
    const { posted } = await blank(
      page,
      shop.at(`/${mode}`),
      GTAG + bridged + STUB + INIT + PIXEL + LISTENER,
    );
    await push(page, { event: "contact" });
    await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["Contact"]);
    expect(await sent(page)).toEqual(calls);
  }
});

test("who the customer is leaves the page hashed", async ({ page, shop }) => {
  const { posted } = await blank(page, shop.at("/customer"), HEAD);
  await push(
    page,
    { user_data: { email_address: "John_Smith@gmail.com" } },
    { event: "sign_up", user_id: "u-1" },
  );
  await expect.poll(() => posted.length).toBe(1);
  // Meta, "Customer Information Parameters".
  expect(posted[0]?.user_data["em"]).toEqual([
    "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
  ]);
  expect(posted[0]?.user_data["external_id"]).toHaveLength(1);
  // The page's own `identify()` wins over the dataLayer. Fields that it does not set stay.
  await run(page, (window) => window.capiBridge.identify({ externalId: "own" }));
  await push(page, { event: "contact", user_id: "u-2" });
  await expect.poll(() => posted.length).toBe(2);
  expect(posted[1]?.user_data["external_id"]).toEqual([createHash("sha256").update("own").digest("hex")]);
  expect(posted[1]?.user_data["em"]).toEqual(posted[0]?.user_data["em"]);
});

test("one click in two vocabularies is one event, and two clicks are two", async ({ page, shop }) => {
  const { posted } = await blank(page, shop.at("/vocabularies"), HEAD);
  const product = { id: 34, name: "Tee", price: "19.90", quantity: 1 };
  const old = {
    event: "gtm4wp.addProductToCartEEC",
    ecommerce: { currencyCode: "EUR", add: { products: [product] } },
  };
  const items = [{ item_id: "34", item_name: "Tee", price: 19.9, quantity: 1 }];
  const plain = { event: "add_to_cart", ecommerce: { currency: "EUR", value: 19.9, items } };
  await push(page, old, plain, plain, old);
  await settle(page);
  expect(await sent(page)).toEqual(["AddToCart", "AddToCart"]);
  expect(posted.map((event) => event.custom_data?.["content_ids"])).toEqual([["34"], ["34"]]);
});

test("every spelling of user_data is read, and what nothing reads is named", async ({ page, shop }) => {
  const { posted, warnings } = await blank(page, shop.at("/spellings"), HEAD);
  const address = [{ first_name: "Mira", city: "Berlin", country: "DE" }];
  const said = { email: " Mira@Example.com ", phone_number: "+49 151 12345678", address, emial: "x" };
  await page.evaluate(`gtag("set", "user_data", ${JSON.stringify(said)}); gtag("event", "sign_up")`);
  await expect.poll(() => posted.length).toBe(1);
  const hash = (text: string) => [createHash("sha256").update(text).digest("hex")];
  expect(posted[0]?.user_data).toMatchObject({
    em: hash("mira@example.com"),
    ph: hash("4915112345678"),
    fn: hash("mira"),
    ct: hash("berlin"),
    country: hash("de"),
  });
  await expect.poll(() => warnings.filter((text) => text.includes("emial")).length).toBe(1);
});

test("without a bridge, or twice, it says so once and does nothing", async ({ page, shop }) => {
  const { errors, warnings, posted } = await blank(page, shop.at("/alone"), GTAG + LISTENER);
  await push(page, { event: "contact" });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("capi-bridge.js comes first");
  const twice = await blank(page, shop.at("/twice"), HEAD + LISTENER);
  await push(page, { event: "contact" });
  await settle(page);
  expect(twice.posted.map((event) => event.event_name)).toEqual(["Contact"]);
  expect([errors, posted.slice(1)]).toEqual([[], []]);
});
