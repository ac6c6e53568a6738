// Forms that opt in.

import { expect, type Page } from "@playwright/test";
import { FIELDS, type Hooked, type Site, test } from "./page.ts";

declare const window: { hooked: Hooked };

/** A form that posts to `/echo/{name}` into a frame, so that the page stays. */
const form = (name: string, attributes: string, fields = "", action = `/echo/${name}`) => `
  <iframe name="sink" hidden></iframe>
  <form id="form" target="sink" method="post" action="${action}" ${attributes}>
    <input name="email" value="jane@example.com">${fields}<button id="go">Go</button>
  </form>`;

const arrived = async (site: Site, name: string, count = 1) => {
  await expect.poll(() => site.recorder.received(name).length).toBe(count);
  return site.carried(name, count - 1);
};
const click = (page: Page) => page.click("#go");

test("a form that opts in carries fields, by a button, requestSubmit() and submit()", async ({ site }) => {
  const page = await site.open({ body: form("ways", "data-capi") });
  await click(page);
  expect(await arrived(site, "ways", 1)).toEqual(FIELDS);
  await page.evaluate(() => (document.getElementById("form") as HTMLFormElement).requestSubmit());
  expect(await arrived(site, "ways", 2)).toEqual(FIELDS);
  await page.evaluate(() => (document.getElementById("form") as HTMLFormElement).submit());
  expect(await arrived(site, "ways", 3)).toEqual(FIELDS);
  expect(site.recorder.received("ways")[0]?.body).toBe(
    "email=jane%40example.com&capi-fbp=fbp.1&capi-event-id=id.1",
  );
});

test("each submission is asked for anew, and the page's elements stay as they were", async ({ site }) => {
  const page = await site.open({ body: form("anew", "data-capi") });
  const before = await page.innerHTML("#form");
  await click(page);
  await arrived(site, "anew", 1);
  await page.evaluate(() => (window.hooked.carried = { eventId: "id.2" }));
  await click(page);
  expect(await arrived(site, "anew", 2)).toEqual({ "capi-event-id": "id.2" });
  await page.evaluate(() => (window.hooked.carried = undefined));
  await click(page);
  expect(await arrived(site, "anew", 3)).toEqual({});
  expect(await page.innerHTML("#form")).toBe(before);
});

test("the form's data carry what a script sends itself", async ({ site }) => {
  const page = await site.open({ body: form("data", "data-capi") });
  const data = await page.evaluate(() => [
    ...new FormData(document.getElementById("form") as HTMLFormElement),
  ]);
  expect(Object.fromEntries(data)).toEqual({ email: "jane@example.com", ...FIELDS });
});

test("a form that gets carries in its query", async ({ site }) => {
  const page = await site.open({ body: form("get", `data-capi method="get"`).replace('method="post"', "") });
  await click(page);
  expect(await arrived(site, "get")).toEqual(FIELDS);
  expect(site.recorder.received("get")[0]?.method).toBe("GET");
});

test("a field that the page has, or sets at the last moment, wins", async ({ site }) => {
  const page = await site.open({
    body: form("own", "data-capi", `<input type="hidden" name="capi-fbp" value="mine">`),
    after: `addEventListener("DOMContentLoaded", () => form.addEventListener("formdata", (event) => event.formData.append("capi-event-id", "my-own")));`,
  });
  await click(page);
  expect(await arrived(site, "own")).toEqual({ "capi-fbp": "mine", "capi-event-id": "my-own" });
  expect(site.recorder.received("own")[0]?.body.match(/capi-/g)).toHaveLength(2);
});

test("a form that does not opt in is left alone", async ({ site }) => {
  const page = await site.open({ body: form("silent", "") });
  await click(page);
  expect(await arrived(site, "silent")).toEqual({});
  expect(await page.evaluate(() => window.hooked.asked)).toBe(0);
});

test("a form without an action is sent to the page itself, whatever its base", async ({ site }) => {
  const page = await site.open({
    body: `<form id="form" data-capi><button id="go">Go</button></form>`,
    head: `<base href="${site.foreign}/">`,
  });
  await Promise.all([page.waitForURL(/capi-/), click(page)]);
  expect(page.url()).toBe(`${site.own}/page/?capi-fbp=fbp.1&capi-event-id=id.1`);
});

for (const [what, carries, fields, action] of [
  ["whose action is a listed origin", true, "", "LISTED"],
  ["whose action is a foreign origin", false, "", "FOREIGN"],
  ["with a field named action, whose action is a foreign origin", false, `<input name="action">`, "FOREIGN"],
  [
    "with a button that sends it to a foreign origin",
    false,
    `<button formaction="FOREIGN">Elsewhere</button>`,
    "",
  ],
  ["with a button that sends it to a listed origin", true, `<button formaction="LISTED">There</button>`, ""],
  ["whose action is no address", false, "", "http://"],
  ["whose action is a script", false, "", "javascript:void 0"],
] as const) {
  test(`a form ${what} ${carries ? "carries" : "is left alone"}`, async ({ site }) => {
    const place = (text: string) => text.replace("FOREIGN", site.foreign).replace("LISTED", site.listed);
    const page = await site.open({
      body: form("where", "data-capi", place(fields), place(action) || "/echo/where"),
    });
    const names = await page.evaluate(() => [
      ...new FormData(document.getElementById("form") as HTMLFormElement).keys(),
    ]);
    expect(names.filter((name) => name.startsWith("capi-"))).toEqual(carries ? Object.keys(FIELDS) : []);
  });
}
