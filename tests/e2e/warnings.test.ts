// Tests the console's warnings about mistakes: each kind once, with its cause, and no data of the visitor.

import { expect } from "@playwright/test";
import { blank, bridge, INIT, receipt, refusal, run, serverCopy, settle, stored, STUB } from "./blank.ts";
import { test } from "./shop.ts";

const APP = bridge() + STUB + INIT;
const ours = (warnings: string[]) => warnings.filter((text) => text.startsWith("capi-bridge: "));

/** Values that a visitor may have entered. */
const VISITOR = { email: "jane.secret@example.com", phone: "+1 650 555 1212" };

test("a page without a mistake loads no part to say so, and has no warning", async ({ page, shop }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  const { warnings } = await blank(page, shop.at("/fine"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await serverCopy(shop, "Contact");
  await expect.poll(() => stored(page)).toEqual([]);
  expect(warnings).toEqual([]);
  expect(asked.filter((url) => url.includes("capi-bridge-problems"))).toEqual([]);
});

test("an origin that the worker does not allow, in the worker's own words", async ({ page, shop }) => {
  const origin = new URL(shop.at("/", "other.example")).origin;
  const { warnings, errors } = await blank(page, shop.at("/origin", "other.example"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => warnings.length).toBe(1);
  await run(page, (window) => window.fbq("track", "Lead"));
  await settle(page);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("allowedOrigins");
  expect(warnings[0]).toContain(`403, not kept; page ${origin}, dataset 1234567890`);
  expect(await stored(page)).toHaveLength(2);
  expect(errors).toEqual([]);
});

test("a dataset that the worker does not know, in the worker's own words", async ({ page, shop }) => {
  const { warnings } = await blank(
    page,
    shop.at("/dataset"),
    bridge("") + STUB + `<script>fbq("init", "999");</script>`,
  );
  await run(page, (window) => ["Contact", "Lead"].forEach((name) => window.fbq("track", name)));
  await expect.poll(() => warnings.length).toBe(1);
  expect(warnings[0]).toMatch(/^capi-bridge: POST \/bridge\/events: dataset_id: .*"datasets".*dataset 999\)/);
  await settle(page);
  expect(warnings).toHaveLength(1);
  expect(await stored(page)).toHaveLength(2);
});

test("an endpoint that is none", async ({ page, shop }) => {
  const { warnings } = await blank(
    page,
    shop.at("/endpoint"),
    bridge(`data-endpoint="/brigde"`) + STUB + INIT,
  );
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => ours(warnings).length).toBe(1);
  expect(ours(warnings)[0]).toMatch(/^capi-bridge: POST \/brigde\/events.*40[45].*data-endpoint/);
  expect(await stored(page)).toHaveLength(1);
});

test("an endpoint that is no address", async ({ page, shop }) => {
  const { warnings } = await blank(
    page,
    shop.at("/no-address"),
    bridge(`data-endpoint="https://["`) + STUB + INIT,
  );
  await run(page, (window) => window.fbq("track", "Contact"));
  await serverCopy(shop, "Contact");
  expect(ours(warnings)).toEqual([expect.stringContaining("endpoint (data-endpoint): expected a path")]);
});

test("429 and 503 once they last", async ({ page, shop }) => {
  for (const status of [429, 503]) {
    let requests = 0;
    await page.unroute("**/bridge/events");
    await page.route(
      "**/bridge/events",
      (route) => (requests++, refusal(route, status, `code_${status}`, "")),
    );
    const { warnings } = await blank(page, shop.at(`/lasts-${status}`), APP);
    await page.evaluate(() => localStorage.clear());
    await run(page, (window) => window.fbq("track", "Contact"));
    await expect.poll(() => requests).toBe(1);
    await settle(page);
    expect(warnings).toEqual([]);
    await expect.poll(() => requests, { timeout: 15_000 }).toBeGreaterThan(2);
    await expect.poll(() => ours(warnings).length).toBe(1);
    expect(ours(warnings)[0]).toContain(`why: code_${status} (${status}, not kept;`);
  }
});

test("no answer, once it lasts; nothing while the browser is offline", async ({ page, context, shop }) => {
  let requests = 0;
  await page.route("**/bridge/events", (route) => (requests++, route.abort()));
  const { warnings } = await blank(page, shop.at("/away"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => requests).toBe(1);
  expect(ours(warnings)).toEqual([]);
  await expect.poll(() => requests, { timeout: 15_000 }).toBeGreaterThan(2);
  await expect.poll(() => ours(warnings).length).toBe(1);
  expect(ours(warnings)[0]).toMatch(/POST \/bridge\/events had no answer.*allowedOrigins/);

  const offline = await context.newPage();
  const other = await blank(offline, shop.at("/offline"), APP);
  await expect.poll(() => run(offline, (window) => window.capiBridge.identifiers().fbp ?? "")).not.toBe("");
  await settle(offline);
  await context.setOffline(true);
  await run(offline, (window) => window.fbq("track", "Lead"));
  await offline.waitForTimeout(4000);
  expect(ours(other.warnings)).toEqual([]);
  await context.setOffline(false);
});

test("a field that was left out is named", async ({ page, shop }) => {
  await page.route("**/bridge/events", (route) => {
    const problems = [
      {
        code: "left_out",
        path: "data[0].custom_data.contents",
        message: "expected a list",
        event_kept: true,
      },
    ];
    return route.fulfill({ status: 202, json: { events_received: 1, problems } });
  });
  const { warnings } = await blank(page, shop.at("/left-out"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => ours(warnings).length).toBe(1);
  expect(ours(warnings)[0]).toContain(
    "data[0].custom_data.contents: expected a list (202, the event was kept",
  );
  expect(await stored(page)).toEqual([]);
});

for (const [attributes, said] of [
  [
    `data-dataset="1234567890"`,
    "dataset (data-dataset) is no setting. Did you mean datasets (data-datasets)?",
  ],
  [`data-pixel="mirorr"`, "pixel (data-pixel): expected mirror, drive, off."],
  [`data-attach="api.shop.example"`, "attach (data-attach): expected same-origin, or origins"],
  [
    `data-global-privacy-control="limt"`,
    "globalPrivacyControl (data-global-privacy-control): expected deny, limit.",
  ],
  [`data-datasets="1234567890x"`, "datasets (data-datasets): expected pixel ids"],
  [`data-datasets=""`, "datasets (data-datasets): expected pixel ids"],
  [`data-consent="pendng"`, "consent: granted,pending,denied?"],
] as const) {
  test(`a tag with ${attributes}`, async ({ page, shop }) => {
    const { warnings, errors } = await blank(page, shop.at("/tag"), bridge(attributes) + STUB + INIT);
    await expect.poll(() => ours(warnings).length).toBeGreaterThan(0);
    expect(ours(warnings)[0]).toContain(said);
    await settle(page);
    expect(ours(warnings)).toHaveLength(1);
    expect(errors).toEqual([]);
  });
}

test("attributes of others on our tag are no mistake", async ({ page, shop }) => {
  const { warnings } = await blank(
    page,
    shop.at("/others"),
    bridge(`data-cfasync="false" data-category="marketing" data-cookieconsent="ignore"`) + STUB + INIT,
  );
  await run(page, (window) => window.fbq("track", "Contact"));
  await serverCopy(shop, "Contact");
  expect(warnings).toEqual([]);
});

test("datasets that the page's pixel does not have", async ({ page, shop }) => {
  const { warnings, posted } = await blank(
    page,
    shop.at("/digits"),
    bridge(`data-datasets="1234567891"`) + STUB + INIT,
  );
  await run(page, (window) => window.fbq("track", "PageView"));
  await expect.poll(() => ours(warnings).length).toBe(1);
  expect(ours(warnings)[0]).toContain("datasets (data-datasets) does not list 1234567890");
  expect(posted).toEqual([]);
});

test("an unknown word of consent sends nothing, is said once, and a known one ends it", async ({
  page,
  shop,
}) => {
  const { warnings, posted, errors } = await blank(page, shop.at("/maybe"), APP);
  await run(page, (window) => {
    for (const word of ["maybe", "maybe", "Granted"]) window.capiBridge.setConsent(word);
    window.fbq("track", "Contact");
  });
  await settle(page);
  expect(posted).toEqual([]);
  expect(ours(warnings)).toEqual([expect.stringContaining("consent: granted,pending,denied?")]);
  await run(page, (window) => window.capiBridge.setConsent("granted"));
  await serverCopy(shop, "Contact");
  expect(errors).toEqual([]);
});

test("a key of identify() that is not known, and what was probably meant", async ({ page, shop }) => {
  const { warnings, posted } = await blank(page, shop.at("/identify"), APP);
  await page.evaluate(
    ({ email }) =>
      (window as unknown as { capiBridge: { identify(customer: object): void } }).capiBridge.identify({
        mail: email,
        [email]: true,
        firstName: "Jane",
      }),
    VISITOR,
  );
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => ours(warnings).length).toBe(2);
  expect(ours(warnings)[0]).toContain("mail is not known. Did you mean email?");
  expect(ours(warnings)[1]).toContain("a key is not known");
  await expect.poll(() => posted.length).toBe(1);
  expect(posted[0]?.user_data["fn"]).toHaveLength(1);
  expect(warnings.join()).not.toMatch(/secret|Jane/);
});

test("no warning holds a value of the visitor's", async ({ page, shop }) => {
  await page.route("**/bridge/events", (route) => {
    const body = route.request().postData() ?? "";
    // The worst answer of another server repeats all that it was sent.
    return body.includes("Echo")
      ? route.fulfill({
          status: 404,
          json: { error: body, message: body, problems: [{ path: body, message: body }] },
        })
      : refusal(route, 400, "invalid", `data[0].custom_data.${VISITOR.email}`);
  });
  const { warnings } = await blank(page, shop.at(`/visitor?q=${VISITOR.email}`), APP);
  await page.evaluate((visitor) => {
    const { capiBridge } = window as unknown as {
      capiBridge: { track(name: string, parameters: object): void; identify(customer: unknown): void };
    };
    capiBridge.identify(visitor.email);
    capiBridge.identify({ [visitor.phone]: visitor.email, e_mail: visitor.email });
    capiBridge.track("Lead", { [visitor.email]: visitor.phone });
    setTimeout(() => capiBridge.track("Echo", { content_name: visitor.email }), 1200);
  }, VISITOR);
  await expect.poll(() => ours(warnings).length, { timeout: 10_000 }).toBeGreaterThan(3);
  await settle(page);
  for (const text of warnings) expect(text).not.toMatch(/secret|650|555/);
});

test("what says it cannot be loaded: the page is told once that something is wrong", async ({
  page,
  shop,
}) => {
  await page.route("**/capi-bridge-problems.js*", (route) => route.abort());
  await page.route("**/bridge/events", (route) => refusal(route, 403, "origin_not_allowed", "Origin"));
  const { warnings, errors } = await blank(page, shop.at("/silent"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => ours(warnings).length).toBe(1);
  await page.waitForTimeout(3000);
  expect(ours(warnings)).toHaveLength(1);
  expect(await stored(page)).toHaveLength(1);
  expect(errors).toEqual([]);
});

test("a receipt ends the retries that warned", async ({ page, shop }) => {
  let requests = 0;
  await page.route("**/bridge/events", (route) =>
    ++requests < 3 ? route.fulfill({ status: 502 }) : receipt(route),
  );
  const { warnings } = await blank(page, shop.at("/recovers"), APP);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => requests, { timeout: 15_000 }).toBe(3);
  await expect.poll(() => stored(page)).toEqual([]);
  expect(ours(warnings)).toEqual([expect.stringContaining("not the bridge: 502")]);
});
