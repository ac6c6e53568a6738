// Tests the sandbox's page in a real browser, with a real sandbox.

import { type Page, expect, test as base } from "@playwright/test";
import { type Sandbox, startSandbox } from "../support/sandbox.ts";

const test = base.extend<object, { sandbox: Sandbox }>({
  sandbox: [
    async ({}, use) => {
      const sandbox = await startSandbox();
      await use(sandbox);
      await sandbox.stop();
    },
    { scope: "worker" },
  ],
});

test.beforeEach(async ({ sandbox }) => sandbox.reset());

// A trace takes snapshots of the page, and that takes longer than drawing five thousand events. It can be turned
// off for a whole file only.
test.use({ trace: "off" });

/** Sends a browser's copy. */
async function fromBrowser(sandbox: Sandbox, hit: Record<string, string>) {
  const answer = await fetch(`${sandbox.url}/tr?${new URLSearchParams({ id: "1234567890", ...hit })}`);
  if (!answer.ok) throw new Error(await answer.text());
  await answer.arrayBuffer();
}

/** Sends servers' copies in one request. Returns the status. */
async function fromServer(sandbox: Sandbox, ...events: object[]) {
  const answer = await fetch(`${sandbox.url}/v27.0/1234567890/events`, {
    method: "POST",
    headers: { authorization: "Bearer any-token", "content-type": "application/json" },
    body: JSON.stringify({ data: events }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

const serverEvent = (event_name: string, event_id: string, changes: object = {}) => ({
  event_name,
  event_id,
  event_time: Math.floor(Date.now() / 1000),
  action_source: "website",
  event_source_url: "https://shop.example/thanks",
  user_data: { external_id: `person-${event_id}`, client_user_agent: "Mozilla/5.0" },
  ...changes,
});

/** A merged Lead, a Contact of the browser alone, a Search of the server alone, a refused Purchase. */
async function fourOutcomes(sandbox: Sandbox) {
  await fromBrowser(sandbox, { ev: "Lead", eid: "lead-1", fbp: "fb.1.1789990000000.1" });
  await fromServer(
    sandbox,
    serverEvent("Lead", "lead-1", {
      user_data: { fbp: "fb.1.1789990000000.2", client_user_agent: "Mozilla/5.0" },
    }),
  );
  await fromBrowser(sandbox, { ev: "Contact", eid: "contact-1" });
  await fromServer(sandbox, serverEvent("Search", "search-1"));
  expect(await fromServer(sandbox, serverEvent("Purchase", "order-1"))).toBe(400);
}

const rows = (page: Page) => page.locator('[role="option"]');
const row = (page: Page, name: string) => page.locator(`[data-testid="event"][data-event-name="${name}"]`);
const detail = (page: Page) => page.locator("#detail");

test("an empty sandbox says how to send a first event, and the command works", async ({
  page,
  context,
  sandbox,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: sandbox.url });
  await page.goto(sandbox.url);
  await expect(page.getByText("Nothing has arrived yet")).toBeVisible();
  await page.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const [, address] = /curl '([^']+)'/.exec(copied) ?? [];
  await (await fetch(address ?? "")).arrayBuffer();
  await expect(row(page, "Lead")).toBeVisible();
  await expect(page.getByText("Nothing has arrived yet")).toBeHidden();
});

test("counts, timeline and totals follow what arrives, without a reload", async ({ page, sandbox }) => {
  await page.goto(sandbox.url);
  await expect(page.locator("#empty")).toBeVisible();
  await fourOutcomes(sandbox);
  await expect(rows(page)).toHaveCount(4);
  for (const [id, count] of Object.entries({ all: 3, merged: 1, browser: 1, server: 1, refused: 1 })) {
    await expect(page.locator(`#count-${id}`)).toHaveText(String(count));
  }
  await expect(page.locator("#timeline .meeting")).toHaveCount(1);
  await expect(page.locator("#timeline svg")).toHaveAttribute("aria-label", /1 events without a server copy/);
  await expect(page.locator("#names tbody tr")).toHaveCount(3);
  // A copy that arrives later completes its event in place.
  await fromServer(sandbox, serverEvent("Contact", "contact-1"));
  await expect(row(page, "Contact")).toHaveAttribute("data-merged", "true");
  await expect(page.locator("#count-merged")).toHaveText("2");
});

test("an event opens with its reason, its fix and the difference of its copies", async ({
  page,
  sandbox,
}) => {
  await fourOutcomes(sandbox);
  await page.goto(sandbox.url);
  await row(page, "Contact").click();
  await expect(detail(page).getByRole("heading", { name: "Contact" })).toBeVisible();
  await expect(detail(page).getByTestId("finding").first()).toContainText("Fix:");
  await expect(detail(page)).toContainText('"event_name": "Contact", "event_id": "contact-1"');

  await row(page, "Lead").click();
  const fbp = detail(page).locator(".copies tr.different");
  await expect(fbp).toContainText(["fbp"]);
  await expect(fbp.first().locator("td")).toHaveText(["fb.1.1789990000000.1", "fb.1.1789990000000.2"]);
  await expect(detail(page).locator(".merged-view")).toContainText("lead-1");
  await expect(detail(page).getByTestId("quality")).toContainText("does not publish it");

  await page.locator('[data-testid="refused"]').click();
  // The subcode of a Purchase without a value.
  await expect(detail(page)).toContainText("2804009");
});

test("an open event is updated when its other copy arrives", async ({ page, sandbox }) => {
  await fromBrowser(sandbox, { ev: "Lead", eid: "late" });
  await page.goto(sandbox.url);
  await row(page, "Lead").click();
  await expect(detail(page)).toContainText("Browser only");
  await fromServer(sandbox, serverEvent("Lead", "late"));
  await expect(detail(page)).toContainText("merged by event id");
});

test("search and filters show the events that match", async ({ page, sandbox }) => {
  await fourOutcomes(sandbox);
  await page.goto(sandbox.url);
  await expect(rows(page)).toHaveCount(4);
  const search = page.getByRole("searchbox");
  await search.fill("CONTACT-1");
  await expect(rows(page)).toHaveCount(1);
  await expect(row(page, "Contact")).toBeVisible();
  await search.fill("no such thing");
  await expect(page.getByText("Nothing matches.")).toBeVisible();
  await page.getByRole("button", { name: "Show everything" }).click();
  await expect(rows(page)).toHaveCount(4);
  await expect(search).toHaveValue("");

  await page.locator('.counts [data-kind="server"]').click();
  await expect(rows(page)).toHaveCount(1);
  await expect(row(page, "Search")).toBeVisible();
  await page.locator('.counts [data-kind="refused"]').click();
  await expect(page.getByTestId("refused")).toHaveCount(1);
  await page.locator('.counts [data-kind=""]').click();
  await page.getByLabel("Event name").selectOption("Lead");
  await expect(rows(page)).toHaveCount(1);
});

test("the keyboard alone goes through the events, opens, closes and searches", async ({ page, sandbox }) => {
  await fourOutcomes(sandbox);
  await page.goto(sandbox.url);
  await expect(rows(page)).toHaveCount(4);
  const active = page.locator('[role="option"][aria-selected="true"]');
  await page.keyboard.press("j");
  await expect(active).toHaveAttribute("aria-posinset", "1");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  await expect(active).toHaveAttribute("aria-posinset", "3");
  await expect(active).toHaveAttribute("data-event-name", "Contact");
  await page.keyboard.press("Enter");
  await expect(detail(page).getByRole("heading", { name: "Contact" })).toBeFocused();
  // The open event follows the keys.
  await page.keyboard.press("j");
  await expect(detail(page).getByRole("heading", { name: "Lead" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(detail(page)).toBeHidden();
  const list = page.getByRole("listbox");
  await expect(list).toBeFocused();
  await expect(list).toHaveAttribute("aria-activedescendant", /^row-e/);
  await page.keyboard.press("/");
  const search = page.getByRole("searchbox");
  await expect(search).toBeFocused();
  await page.keyboard.type("jk");
  await expect(search).toHaveValue("jk");
  await expect(page.getByText("Nothing matches.")).toBeVisible();
});

test("a clean slate is asked about first", async ({ page, sandbox }) => {
  await fourOutcomes(sandbox);
  await page.goto(sandbox.url);
  await expect(rows(page)).toHaveCount(4);
  await page.getByRole("button", { name: "Clean slate" }).click();
  await expect(page.getByRole("dialog")).toContainText("3 events and 3 requests");
  await page.getByRole("button", { name: "Keep" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
  expect((await sandbox.report()).events).toHaveLength(3);
  await page.getByRole("button", { name: "Clean slate" }).click();
  await page.getByRole("button", { name: "Forget" }).click();
  await expect(page.getByText("Nothing has arrived yet")).toBeVisible();
  expect((await sandbox.report()).events).toHaveLength(0);
});

test("a fault is asked for, shown and ended", async ({ page, sandbox }) => {
  await page.goto(sandbox.url);
  await page.getByLabel("Fault").selectOption("503");
  await page.getByRole("button", { name: "Fail", exact: true }).click();
  await expect(page.getByText("Meta answers 503 to the next 3 requests.")).toBeVisible();
  expect((await sandbox.report()).fault).toMatchObject({ status: 503, remaining: 3 });
  await page.getByRole("button", { name: "End the fault" }).click();
  await expect(page.locator("#fault-notice")).toBeHidden();
  expect((await sandbox.report()).fault).toBeNull();
});

test("a sandbox that does not answer is said to, until it answers again", async ({ page, sandbox }) => {
  await fromBrowser(sandbox, { ev: "Lead", eid: "one" });
  await page.goto(sandbox.url);
  await expect(row(page, "Lead")).toBeVisible();
  await page.context().route("**/api/events*", (route) => route.abort());
  await expect(page.getByText("The sandbox does not answer.")).toBeVisible();
  // What was there stays.
  await expect(row(page, "Lead")).toBeVisible();
  await page.context().unrouteAll();
  await fromBrowser(sandbox, { ev: "Contact", eid: "two" });
  await expect(row(page, "Contact")).toBeVisible();
  await expect(page.getByText("The sandbox does not answer.")).toBeHidden();
});

test("hostile content stays text and keeps the layout, on a phone too", async ({ page, sandbox }) => {
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("dialog", (dialog) => void dialog.dismiss().then(() => errors.push("a dialog")));
  await page.setViewportSize({ width: 390, height: 844 });
  const mark = '<img src="/none" onerror="alert(1)">';
  await fromBrowser(sandbox, { ev: mark, eid: mark, "cd[<b>key</b>]": "<script>alert(1)</script>" });
  await fromBrowser(sandbox, { ev: "مرحبا بالعالم \u202e right", eid: "e\u0301\u0316".repeat(400) });
  await fromBrowser(sandbox, {
    ev: "Long".repeat(700),
    eid: "x".repeat(2000),
    dl: `https://shop.example/?q=${"a".repeat(14_000)}`,
  });
  // Half an emoji, as JSON can carry it.
  await fromServer(sandbox, serverEvent("half \ud83d", "half-\ud83d"));
  await page.goto(sandbox.url);
  await expect(rows(page).first()).toBeVisible();
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  expect(await width()).toBeLessThanOrEqual(390);
  const count = await rows(page).count();
  for (let index = 0; index < count; index += 1) {
    await rows(page).nth(index).click();
    await expect(detail(page)).toBeVisible();
    expect(await width()).toBeLessThanOrEqual(390);
    expect(await detail(page).evaluate((panel) => panel.scrollWidth <= panel.clientWidth)).toBe(true);
    await page.getByRole("button", { name: "Close" }).click();
  }
  expect(await page.locator("img, #events script, #detail script, b").count()).toBe(0);
  expect(errors).toEqual([]);
});

test("findings, scores, totals and the clock of the sandbox are shown as it gives them", async ({
  page,
  context,
  sandbox,
}) => {
  await fromBrowser(sandbox, { ev: "Lead", eid: "lead-1" });
  await fromServer(sandbox, serverEvent("Lead", "lead-1"));
  const finding = { field: "custom_data.value", severity: "error", message: "Two values.", fix: "Send one." };
  const quality = { score: 6.4, identifiers: [{ key: "ph", by: "server" }], label: "ours" };
  const totals = [{ event_name: "Lead", browser: 1, server: 1, merged: 1, events: 1 }];
  await context.route("**/api/events*", async (route) => {
    const answer = await route.fetch();
    const report = (await answer.json()) as { now_millis: number; events: object[] };
    const events = report.events.map((event) => ({ ...event, findings: [finding], match_quality: quality }));
    const now_millis = Date.now() + 8 * 86_400_000;
    await route.fulfill({ json: { ...report, now_millis, events, by_name: totals } });
  });
  const asked: unknown[] = [];
  await page.route("**/api/clock", (route) => {
    if (route.request().method() !== "GET") asked.push(route.request().postDataJSON());
    return route.fulfill({ json: { now_millis: Date.now() } });
  });
  await page.goto(sandbox.url);
  await row(page, "Lead").click();
  await expect(detail(page).getByTestId("finding")).toHaveText([
    /error custom_data.value.*Two values.*Send one./,
  ]);
  await expect(detail(page).getByTestId("quality")).toContainText("6.4 of 10, our estimate");
  await expect(detail(page).getByTestId("quality")).toContainText("does not publish it");
  await page.keyboard.press("Escape");
  await expect(page.locator("#quality")).toContainText("6.4 of 10");
  await expect(page.locator("#names tbody tr")).toHaveText(["Lead111"]);
  await expect(page.locator("#clock-state")).toHaveText(/8 days ahead/);
  await page.getByRole("button", { name: "+ 49 hours" }).click();
  await expect.poll(() => asked).toEqual([{ advance_seconds: 176_400 }]);
  await page.getByRole("button", { name: "Back to real time" }).click();
  await expect.poll(() => asked).toHaveLength(2);
  await page.getByLabel("Fault").selectOption("reset");
});

test("five thousand events have few rows in the page, wherever one scrolls", async ({ page, sandbox }) => {
  test.setTimeout(180_000);
  for (let request = 0; request < 5; request += 1) {
    const events = Array.from({ length: 1000 }, (_, index) =>
      serverEvent("Lead", `lead-${request}-${index}`),
    );
    expect(await fromServer(sandbox, ...events)).toBe(200);
  }
  await page.goto(sandbox.url);
  await expect(page.locator("#count-all")).toHaveText("5,000");
  await expect(rows(page).first()).toHaveAttribute("aria-setsize", "5000");
  await expect(page.locator("#timeline svg")).toBeVisible();
  await expect(page.locator("#quality li").first()).toBeVisible();
  // Printed, not asserted: a busy machine has long tasks of its own.
  await page.evaluate(() => {
    const tasks: number[] = [];
    Object.assign(window, { tasks });
    new PerformanceObserver((list) =>
      tasks.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({
      entryTypes: ["longtask"],
    });
  });
  const most = await page.evaluate(async () => {
    const list = document.querySelector("#events")!;
    let most = 0;
    for (let top = 0; top < list.scrollHeight; top += 2500) {
      list.scrollTop = top;
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      most = Math.max(most, list.querySelectorAll('[role="option"]').length);
    }
    return most;
  });
  const tasks = await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks);
  console.log(`scrolling 5,000 events: at most ${most} rows, long tasks: ${JSON.stringify(tasks)}`);
  expect(most).toBeGreaterThan(5);
  expect(most).toBeLessThan(60);
  await page.locator("#events").focus();
  await page.keyboard.press("End");
  await expect(page.locator('[role="option"][aria-posinset="5000"]')).toBeVisible();
  // News from above does not move what is in view.
  const before = await page.locator("#events").evaluate((list) => list.scrollTop);
  await fromBrowser(sandbox, { ev: "Contact", eid: "new" });
  await expect(page.locator("#count-all")).toHaveText("5,001");
  await expect.poll(() => page.locator("#events").evaluate((list) => list.scrollTop)).toBeGreaterThan(before);
  await expect(page.locator('[role="option"][aria-posinset="5001"]')).toBeVisible();
});

test("a page with many events asks for few while nothing changes", async ({ page, sandbox }) => {
  await fromServer(
    sandbox,
    ...Array.from({ length: 400 }, (_, index) => serverEvent("Lead", `few-${index}`)),
  );
  await page.goto(sandbox.url);
  await expect(page.locator("#count-all")).toHaveText("400");
  const asked: string[] = [];
  page.context().on("request", (request) => void asked.push(new URL(request.url()).search));
  await expect.poll(() => asked.length, { timeout: 30_000 }).toBeGreaterThan(3);
  expect(new Set(asked)).toEqual(new Set(["?limit=1"]));
});
