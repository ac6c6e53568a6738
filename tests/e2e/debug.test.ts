// Tests the lines that `data-debug` and `?capi-debug` log.

import { expect, type Page } from "@playwright/test";
import { blank, bridge, INIT, receipt, run, settle, STUB } from "./blank.ts";
import { test } from "./shop.ts";

/** Collects the lines that the page logs about events. */
function lines(page: Page): string[] {
  const found: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "info" && message.text().startsWith("capi-bridge: ")) found.push(message.text());
  });
  return found;
}

/** Returns the line that starts with a word. The part that logs loads in its own time, so lines have no order. */
const lineOf = (found: string[], word: string) =>
  found.find((line) => line.startsWith(`capi-bridge: ${word} `));

for (const [what, path, attributes] of [
  ["data-debug", "/debug", `data-datasets="1234567890" data-debug`],
  ["?capi-debug", "/debug?capi-debug", `data-datasets="1234567890"`],
]) {
  test(`${what}: each event, where its copies went, and what the worker said`, async ({ page, shop }) => {
    const found = lines(page);
    const { warnings } = await blank(page, shop.at(path!), bridge(attributes) + STUB + INIT);
    const id = await run(page, (window) => {
      window.fbq("track", "Contact");
      return window.capiBridge.track("Lead", { content_name: "secret" }).eventId;
    });
    await expect.poll(() => found.length).toBe(3);
    expect(lineOf(found, "Contact")).toMatch(
      /^capi-bridge: Contact [0-9a-f]{32}: browser copy by the pixel to 1234567890; server copy to 1234567890$/,
    );
    expect(lineOf(found, "Lead")).toBe(`capi-bridge: Lead ${id}: no browser copy; server copy to 1234567890`);
    expect(lineOf(found, "POST")).toMatch(
      /^capi-bridge: POST http\S+\/bridge\/events \(Contact [0-9a-f]{32}, Lead [0-9a-f]{32}\): 202, 2 received, problems: \[\]$/,
    );
    expect(found.join()).not.toContain("secret");
    expect(warnings).toEqual([]);
  });
}

test("a dataset that is not listed, and an answer that is not the worker's", async ({ page, shop }) => {
  const found = lines(page);
  await page.route("**/bridge/events", (route) => route.fulfill({ contentType: "text/html", body: "hello" }));
  await blank(page, shop.at("/debug-other"), bridge(`data-datasets="1234567890" data-debug`) + STUB + INIT);
  await run(page, (window) => {
    window.fbq("init", "42");
    window.fbq("trackSingle", "42", "Contact");
    window.fbq("trackSingle", "1234567890", "Lead");
  });
  await expect.poll(() => found.length).toBe(3);
  expect(lineOf(found, "Contact")).toMatch(/: browser copy by the pixel to 42; no server copy$/);
  expect(lineOf(found, "POST")).toMatch(/\(Lead [0-9a-f]{32}\): 200, not the worker's answer$/);
});

test("without it nothing is logged", async ({ page, shop }) => {
  const found = lines(page);
  await page.route("**/bridge/events", receipt);
  const { posted } = await blank(page, shop.at("/quiet"), bridge() + STUB + INIT);
  await run(page, (window) => window.fbq("track", "Contact"));
  await expect.poll(() => posted.length).toBe(1);
  await settle(page);
  expect(found).toEqual([]);
});
