// The matchers of `capi-bridge/testing/playwright`: each passes, fails with a message that helps, and has a right "not".

import { type Capi, expect, test } from "../../src/shell/testing/playwright.ts";
import type { Page } from "@playwright/test";

test.use({ site: new URL("kit-site", import.meta.url).pathname });

const FBP = "fb.1.1596403881668.1116446470";
/** Short, because the tests expect these failures. */
const SOON = { timeout: 300 };

type Window = { fbq(...call: unknown[]): void };

/** Tracks by the pixel alone, without an event id unless one is given. */
const track = (page: Page, name: string, parameters: object, eventID?: string) =>
  page.evaluate(
    ([name, parameters, options]) =>
      (window as unknown as Window).fbq("track", name, parameters, ...(options ? [options] : [])),
    [name, parameters, eventID === undefined ? null : { eventID }] as const,
  );

/** Sends a server's copy to the bridge. */
async function send(capi: Capi, event: object): Promise<void> {
  const answer = await fetch(`${capi.bridge.url}/bridge/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${capi.bridge.key}`, "content-type": "application/json" },
    body: JSON.stringify({
      data: [
        {
          event_name: "Purchase",
          event_time: Math.floor(Date.now() / 1000),
          action_source: "website",
          event_source_url: "https://shop.example/thanks",
          user_data: { client_user_agent: "Mozilla/5.0", client_ip_address: "8.8.4.4", external_id: ["7"] },
          custom_data: { value: 59.9, currency: "EUR" },
          ...event,
        },
      ],
    }),
  });
  expect(answer.status).toBe(202);
}

/** Returns the message of an expectation that fails, without colours. */
async function failure(expectation: Promise<unknown>): Promise<string> {
  const error = await expectation.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(Error);
  // eslint-disable-next-line no-control-regex
  return (error as Error).message.replaceAll(/\u001b\[\d+m/g, "");
}

test.describe("on a page with capi-bridge", () => {
  test("all of them pass", async ({ page, capi }) => {
    await page.goto("/?fbclid=Click-1");
    await page.getByRole("button", { name: "Buy" }).click();
    await expect(page).toHaveFbp();
    await expect(page).toHaveFbp(/^fb\.0\.\d{13}\.\d+$/);
    await expect(page.context()).toHaveFbc("Click-1");
    await expect(capi).toHaveSent("Purchase", { value: 59.9, currency: /^EUR$/ }, { copy: "both" });
    await expect(capi).toHaveSentOnce("Purchase");
    await expect(capi).toShareEventId("Purchase");
    await expect(capi).toBeDeduplicated("Purchase");
    await expect(capi).toBeDeduplicated("PageView");
    await expect(capi).toHaveIdentifiers("Purchase", ["fbp", "fbc"], { copy: "both" });
    await expect(capi.sandbox).toHaveSent("PageView");
    expect(capi.faults()).toEqual([]);
    expect(["durable", "direct"]).toContain(capi.bridge.kind);
  });

  test("the slate is clean again, also for an id that the test before used", async ({ page, capi }) => {
    expect((await capi.report()).events).toEqual([]);
    await page.goto("/");
    await expect(capi).toBeDeduplicated("PageView");
    await send(capi, { event_id: "again" });
    await expect(capi).toHaveSentOnce("Purchase", {}, { eventId: "again" });
    await capi.reset();
    expect((await capi.report()).events).toEqual([]);
    await send(capi, { event_id: "again" });
    await expect(capi).toHaveSentOnce("Purchase", {}, { eventId: "again" });
  });
});

test("toHaveFbp says that the cookie is missing, and what may keep it away", async ({ page, capi }) => {
  await page.goto("/plain.html");
  const said = await failure(expect(page).toHaveFbp(undefined, SOON));
  expect(said).toContain("expect(page).toHaveFbp()");
  expect(said).toContain("Expected: a valid cookie _fbp");
  expect(said).toContain("Found:    no cookie _fbp");
  expect(said).toContain(
    "Next:     check that the page loads the pixel or capi-bridge.js and that consent is granted.",
  );
  await expect(page).not.toHaveFbp();

  await page.context().addCookies([{ name: "_fbp", value: FBP, url: capi.site }]);
  await expect(page).toHaveFbp(FBP);
  expect(await failure(expect(page).toHaveFbp("fb.1.1596403881668.7", SOON))).toContain(
    `Found:    _fbp is "${FBP}"`,
  );
  const not = await failure(expect(page).not.toHaveFbp(undefined, SOON));
  expect(not).toContain("Expected: not a valid cookie _fbp");
  expect(not).toContain("Next:     check consent");

  await page.context().addCookies([{ name: "_fbp", value: "fb.1.1596403881.1116446470", url: capi.site }]);
  expect(await failure(expect(page).toHaveFbp(undefined, SOON))).toContain(
    "its time is in seconds, not milliseconds",
  );
});

test("toHaveFbc tells the click id that it found from the one that was expected", async ({ page, capi }) => {
  await capi.seedCookies({ clickId: "Click-Old" });
  await page.goto("/plain.html");
  await expect(page).toHaveFbp();
  await expect(page).toHaveFbc("Click-Old");
  await expect(page).not.toHaveFbc("Click-New");
  const said = await failure(expect(page).toHaveFbc("click-old", SOON));
  expect(said).toContain(`Expected: a valid cookie _fbc with the click id "click-old"`);
  expect(said).toContain(`Found:    _fbc has the click id "Click-Old"`);
  expect(said).toContain("its click id letter by letter");
  await page.context().clearCookies();
  expect(await failure(expect(page).toHaveFbc("Click-Old", SOON))).toContain("open the page with ?fbclid=");
});

test("toHaveSent says what came instead", async ({ page, capi }) => {
  await page.goto("/plain.html");
  expect(await failure(expect(capi).toHaveSent("Purchase", {}, SOON))).toContain("Found:    no event at all");
  await track(page, "Purchase", { value: 5, currency: "EUR" }, "order-1");
  await expect(capi).toHaveSent("Purchase", { value: 5 });
  const said = await failure(expect(capi).toHaveSent("Purchase", { value: 59.9 }, SOON));
  expect(said).toContain(`Expected: Purchase, parameters {"value":59.9}`);
  expect(said).toContain(`Found:    a Purchase with value: expected 59.9, found "5" (browser)`);
  // The pair is drawn.
  expect(said).toContain("Purchase, dataset 1234567890: the browser's copy alone");
  expect(said).toMatch(/event id +order-1 +–/);
  expect(await failure(expect(capi).toHaveSent("purchase", {}, SOON))).toContain(
    "no purchase, only Purchase",
  );
  expect(await failure(expect(capi).toHaveSent("Purchase", {}, { ...SOON, copy: "server" }))).toContain(
    "Next:     check that the server's copy leaves",
  );

  await expect(capi).not.toHaveSent("Lead");
  await expect(capi).not.toHaveSent("Purchase", { value: 59.9 });
  expect(await failure(expect(capi).not.toHaveSent("Purchase"))).toContain("Expected: not Purchase");
});

test("not.toHaveSent waits for an event that is on its way", async ({ page, capi }) => {
  await page.goto("/plain.html");
  await page.evaluate(() => {
    setTimeout(() => (window as unknown as Window).fbq("track", "Lead"), 300);
  });
  expect(await failure(expect(capi).not.toHaveSent("Lead"))).toContain("Found:    one Lead");
});

test("toHaveSentOnce names a repeated copy, and two events that should be one", async ({ page, capi }) => {
  await page.goto("/plain.html");
  await track(page, "Purchase", {}, "order-1");
  await expect(capi).toHaveSentOnce("Purchase");
  await track(page, "Purchase", {}, "order-1");
  const repeated = await failure(expect(capi).toHaveSentOnce("Purchase"));
  expect(repeated).toContain("Expected: exactly one Purchase");
  expect(repeated).toContain("the browser's copy came 2 times");
  expect(repeated).toContain("a reload and a double click are the usual causes");
  await expect(capi).not.toHaveSentOnce("Purchase");

  await track(page, "Lead", {}, "lead-1");
  await send(capi, { event_name: "Lead", event_id: "lead-2" });
  await expect(capi).toHaveSent("Lead", {}, { copy: "server" });
  const two = await failure(expect(capi).toHaveSentOnce("Lead", {}, SOON));
  expect(two).toContain("2 events Lead");
  expect(two).toContain("give both copies of Lead one event id");
  // Nothing was sent, so it was not sent once.
  await expect(capi).not.toHaveSentOnce("Search");
  expect(
    await failure(expect(capi).not.toHaveSentOnce("Lead", {}, { ...SOON, eventId: "lead-1" })),
  ).toContain("Expected: not exactly one Lead");
});

test("toShareEventId says which side has no event id, and the line that gives one", async ({
  page,
  capi,
}) => {
  await page.goto("/plain.html");
  await track(page, "Purchase", {});
  const half = await failure(expect(capi).toShareEventId("Purchase", SOON));
  expect(half).toContain("Found:    browser no event id; no server copy");
  await send(capi, { event_id: "order-1" });
  await expect(capi).toHaveSent("Purchase", {}, { copy: "server" });
  const said = await failure(expect(capi).toShareEventId("Purchase", SOON));
  expect(said).toContain("Expected: the browser's and the server's copy of Purchase have one event id");
  expect(said).toContain(`Found:    browser no event id; server "order-1"`);
  expect(said).toContain(`Next:     fbq("track", "Purchase", {…}, { eventID: id }) in the page`);
  await expect(capi).not.toShareEventId("Purchase");

  await track(page, "Lead", {}, "lead-1");
  await send(capi, { event_name: "Lead", event_id: "lead-1" });
  await expect(capi).toShareEventId("Lead");
  expect(await failure(expect(capi).not.toShareEventId("Lead", SOON))).toContain(
    "Expected: not the browser's",
  );
  // Without an event, neither can be said.
  expect(await failure(expect(capi).not.toShareEventId("Search", SOON))).toContain(
    "There is nothing to judge",
  );
});

test("toBeDeduplicated gives the sandbox's reason", async ({ page, capi }) => {
  await page.goto("/plain.html");
  await track(page, "Purchase", {}, "order-1");
  await send(capi, { event_id: "order-2" });
  await expect(capi).toHaveSent("Purchase", {}, { copy: "server" });
  const said = await failure(expect(capi).toBeDeduplicated("Purchase", SOON));
  expect(said).toContain("Expected: the browser's and the server's copy of Purchase are one event");
  expect(said).toContain("the server's copy alone (event id order-2:");
  expect(said).toContain("the browser's copy alone (event id order-1:");
  expect(said).toContain("Next:     give both copies of Purchase one event id");
  await expect(capi).not.toBeDeduplicated("Purchase");

  await track(page, "Lead", {}, "lead-1");
  await send(capi, { event_name: "Lead", event_id: "lead-1" });
  await expect(capi).toBeDeduplicated("Lead");
  expect(await failure(expect(capi).not.toBeDeduplicated("Lead", SOON))).toContain(
    "one event, merged by event_id",
  );
  expect(await failure(expect(capi).not.toBeDeduplicated("Search", SOON))).toContain(
    "There is nothing to judge",
  );
});

test("toHaveIdentifiers names those that are missing and those that are there", async ({ page, capi }) => {
  await capi.seedCookies();
  await page.goto("/plain.html");
  await track(page, "Purchase", {}, "order-1");
  await expect(capi).toHaveIdentifiers("Purchase", ["fbp"]);
  const said = await failure(expect(capi).toHaveIdentifiers("Purchase", ["fbp", "em"], SOON));
  expect(said).toContain("Expected: Purchase with fbp, em");
  expect(said).toMatch(/Found: +em is missing; there: .*fbp/);
  expect(said).toContain("capiBridge.identify(");
  await expect(capi).not.toHaveIdentifiers("Purchase", ["em"]);
  expect(await failure(expect(capi).not.toHaveIdentifiers("Purchase", ["fbp"], SOON))).toContain(
    "leave these identifiers out",
  );
});

test("a wrong argument is named", async ({ page }) => {
  const wrong = page as unknown as Capi;
  expect(await failure(expect(wrong).toHaveSent("Lead"))).toContain(
    `expected the fixture "capi" or a sandbox`,
  );
  const text = "page" as unknown as Page;
  expect(await failure(expect(text).toHaveFbp())).toContain(
    "expected a page: await expect(page).toHaveFbp(…)",
  );
});
