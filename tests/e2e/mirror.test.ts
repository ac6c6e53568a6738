// Tests that the bridge mirrors the pixel's calls, in all the ways in which pages use `fbq`.

import { expect } from "@playwright/test";
import { blank, bridge, INIT, PIXEL, run, serverCopy, settle, stored, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const ID = expect.stringMatching(/^[0-9a-f]{32}$/) as unknown as string;

test("all four ways to track get an id, and single ones go to their dataset alone", async ({
  page,
  shop,
}) => {
  const { posted } = await blank(
    page,
    shop.at("/ways"),
    bridge(`data-datasets="1234567890 42"`) + STUB + INIT + `<script>fbq("init", "42")</script>` + PIXEL,
  );
  await run(page, (window) => {
    window.fbq("track", "Contact");
    window.fbq("trackCustom", "Spin", { wheel: 7 });
    window.fbq("trackSingle", "42", "Schedule");
    window.fbq("trackSingleCustom", "42", "Whirl");
  });
  const sent = await run(page, (window) => window.sent);
  expect(sent.map(({ dataset, name }) => `${name} ${dataset}`)).toEqual([
    "Contact 1234567890",
    "Contact 42",
    "Spin 1234567890",
    "Spin 42",
    "Schedule 42",
    "Whirl 42",
  ]);
  await expect.poll(() => posted.length).toBe(6);
  for (const { name, dataset, id } of sent) {
    expect(id).toEqual(ID);
    expect(posted).toContainEqual(
      expect.objectContaining({ event_name: name, dataset_id: dataset, event_id: id }),
    );
  }
});

test("a dataset that is not in the settings has its browser copy only", async ({ page, shop }) => {
  const { posted } = await blank(
    page,
    shop.at("/other"),
    bridge() + STUB + INIT + `<script>fbq("init", "99")</script>`,
  );
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => posted.length).toBe(1);
  await settle(page);
  expect(posted.map((event) => event.dataset_id)).toEqual(["1234567890"]);
});

test("a pixel that a tag manager defines later, and that was initialised before us, is mirrored", async ({
  page,
  shop,
}) => {
  const { posted } = await blank(page, shop.at("/manager"), bridge());
  await run(page, async (window) => {
    const fbq = Object.assign(() => undefined, {
      queue: [],
      callMethod: true,
      getState: () => ({ pixels: [{ id: "1234567890" }] }),
    });
    window.fbq = fbq as unknown as typeof window.fbq;
    document.head.append(document.createElement("script"));
    await Promise.resolve();
    window.fbq("track", "Lead");
  });
  await expect.poll(() => posted.map((event) => event.event_name)).toEqual(["Lead"]);
});

test("what the page changes after its call changes nothing of the server copy", async ({ page, shop }) => {
  const { posted } = await blank(page, shop.at("/later"), bridge() + STUB + INIT);
  await run(page, (window) => {
    const contents = [{ id: "kite", quantity: 1 }];
    window.fbq("track", "AddToCart", { contents, value: 1, currency: "EUR" });
    contents.push({ id: "string", quantity: 2 });
  });
  await expect.poll(() => posted.length).toBe(1);
  expect(posted[0]?.custom_data).toEqual({
    contents: [{ id: "kite", quantity: 1 }],
    value: 1,
    currency: "EUR",
  });
});

test("dataProcessingOptions holds for the events after it, and can be taken back", async ({ page, shop }) => {
  const { posted } = await blank(
    page,
    shop.at("/limits"),
    bridge() + STUB + `<script>fbq("dataProcessingOptions", ["LDU"], 1, 1000);</script>` + INIT,
  );
  await run(page, (window) => {
    window.fbq("track", "Contact");
    window.fbq("dataProcessingOptions", []);
    window.fbq("track", "Schedule");
  });
  await expect.poll(() => posted.length).toBe(2);
  expect(posted[0]).toMatchObject({
    data_processing_options: ["LDU"],
    data_processing_options_country: 1,
    data_processing_options_state: 1000,
  });
  expect(posted[1]).toMatchObject({ data_processing_options: [] });
});

test("a pixel that is to keep no cookies makes us keep none", async ({ page, context, shop }) => {
  const { posted } = await blank(
    page,
    shop.at("/no-first-party?fbclid=Click"),
    STUB + `<script>fbq("set", "firstPartyCookies", false, "1234567890");</script>` + INIT + bridge(),
  );
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => posted.length).toBe(1);
  expect(posted[0]?.user_data).toEqual({});
  expect(await context.cookies()).toEqual([]);
});

test("a Purchase goes out once: not again on reload, for either copy", async ({ page, shop }) => {
  const buy = `<script>fbq("track", "Purchase", { value: 1, currency: "EUR", order_id: "1001" });</script>`;
  const { posted } = await blank(page, shop.at("/thanks"), bridge() + STUB + INIT + buy + PIXEL);
  await expect.poll(() => posted.length).toBe(1);
  expect(posted[0]?.event_id).toBe("6e4c78d82a753cc5ca23e87024551922");
  // A page that leaves before it has the answer lets the next one send the event again, under the same id.
  await expect.poll(() => stored(page), { timeout: 15_000 }).toEqual([]);
  await page.reload();
  await settle(page);
  expect(posted).toHaveLength(1);
  expect(await run(page, (window) => window.sent)).toEqual([]);
  // Another order is another Purchase; so is one that names none.
  await run(page, (window) => {
    window.fbq("track", "Purchase", { value: 1, currency: "EUR", order_id: "1002" });
    window.fbq("track", "Purchase", { value: 2, currency: "EUR" });
    window.fbq("track", "Purchase", { value: 2, currency: "EUR" });
  });
  await expect.poll(() => new Set(posted.map((event) => event.event_id)).size).toBe(4);
});

test("a page from a cache repeats no id", async ({ page, shop }) => {
  const { posted } = await blank(
    page,
    shop.at("/cached"),
    bridge() + STUB + INIT + `<script>fbq("track", "PageView");</script>`,
    { "cache-control": "public, max-age=3600" },
  );
  await expect.poll(() => posted.length).toBe(1);
  await page.goto("about:blank");
  await page.goto(shop.at("/cached"));
  await expect.poll(() => posted.length).toBe(2);
  expect(posted[0]?.event_id).not.toBe(posted[1]?.event_id);
});

test("a call that nobody can copy reaches the pixel as it is", async ({ page, shop }) => {
  const { errors } = await blank(page, shop.at("/cycle"), bridge() + STUB + INIT);
  const same = await run(page, (window) => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    window.fbq("track", "Contact", cycle);
    return Array.from(window.fbq.queue.at(-1) ?? [])[2] === cycle;
  });
  expect(same).toBe(true);
  expect(errors).toEqual([]);
});

test.describe('with pixel: "drive"', () => {
  const drive = bridge(`data-datasets="1234567890" data-pixel="drive"`);

  test("track() calls the pixel with the id, standard and custom, and the worker has the copy", async ({
    page,
    shop,
  }) => {
    const { posted } = await blank(page, shop.at("/drive"), drive + STUB + INIT);
    const ids = await run(page, (window) => [
      window.capiBridge.track("Contact", { how: "phone" }).eventId,
      window.capiBridge.track("Spin").eventId,
    ]);
    await expect.poll(() => posted.map((event) => event.event_id)).toEqual(ids);
    const calls = await run(page, (window) => window.fbq.queue.slice(1).map((call) => Array.from(call)));
    expect(calls).toEqual([
      ["track", "Contact", { how: "phone" }, { eventID: ids[0] }],
      ["trackCustom", "Spin", {}, { eventID: ids[1] }],
    ]);
  });

  test("the page's own calls are left alone", async ({ page, shop }) => {
    const { posted } = await blank(page, shop.at("/drive-own"), drive + STUB + INIT);
    const call = await run(page, (window) => {
      window.fbq("track", "Contact");
      return Array.from(window.fbq.queue.at(-1) ?? []);
    });
    expect(call).toEqual(["track", "Contact"]);
    await settle(page);
    expect(posted).toEqual([]);
  });
});

test('with pixel: "off" track() goes to the worker alone, and merges nothing', async ({ page, shop }) => {
  await blank(page, shop.at("/off"), bridge(`data-pixel="off"`) + STUB + INIT);
  const calls = await run(page, (window) => {
    window.capiBridge.track("Lead", { value: 5, currency: "EUR" });
    window.fbq("track", "Contact");
    return window.fbq.queue.map((call) => Array.from(call));
  });
  expect(calls).toEqual([
    ["init", "1234567890"],
    ["track", "Contact"],
  ]);
  expect((await serverCopy(shop, "Lead")).browser).toBeNull();
});
