// `watchPage` on pages that do not use capi-bridge: each transport of Meta's pixel, and servers with shapes of their own.

import { expect, test as base, type Page } from "@playwright/test";
import { type Listening, listen } from "../../src/shell/testing/listen.ts";
import { type Sandbox, startSandbox } from "../../src/shell/testing/sandbox.ts";
import { report } from "../../src/shell/testing/site-report.ts";
import { type Watched, watchPage } from "../../src/shell/testing/watch.ts";

const TR = "https://www.facebook.com/tr/";

const test = base.extend<{ watched: Watched }, { sandbox: Sandbox; site: Listening }>({
  sandbox: [
    async ({}, use) => {
      const sandbox = await startSandbox();
      await use(sandbox);
      await sandbox.stop();
    },
    { scope: "worker" },
  ],
  site: [
    async ({}, use) => {
      const page = () =>
        new Response("<!doctype html><title>A site</title><p>", { headers: { "content-type": "text/html" } });
      const site = await listen((request) =>
        request.method === "GET" ? page() : Response.json({ ok: true }),
      );
      await use(site);
      await site.stop();
    },
    { scope: "worker" },
  ],
  watched: async ({ context, page, site, sandbox }, use) => {
    await sandbox.reset();
    const watched = await watchPage(context, { sandbox, serverPaths: ["/collect"] });
    await page.goto(site.url);
    await use(watched);
  },
});

/** Runs a script in the page. */
const run = (page: Page, script: string) => page.evaluate(script);
const names = (watched: Watched) =>
  watched.copies.map(({ side, eventName, eventId }) => [side, eventName, eventId]);

test("an image, as the pixel sends short calls", async ({ page, watched, sandbox }) => {
  await run(page, `new Image().src = "${TR}?id=42&ev=Lead&eid=lead-1&cd[value]=5&cd[currency]=EUR"`);
  await expect.poll(() => names(watched)).toEqual([["browser", "Lead", "lead-1"]]);
  const seen = await sandbox.waitForEvent("Lead", { copy: "browser", parameters: { value: 5 } });
  expect(seen.dataset_id).toBe("42");
  expect(seen.browser?.client_user_agent).toContain("Mozilla");
});

test("a form into a frame, as it sends long calls", async ({ page, watched, sandbox }) => {
  await run(
    page,
    `const frame = document.body.appendChild(document.createElement("iframe"));
     frame.name = "pixel";
     const form = document.body.appendChild(document.createElement("form"));
     Object.assign(form, { method: "POST", action: "${TR}", target: "pixel" });
     for (const [name, value] of [["id", "42"], ["ev", "Search"], ["eid", "search-1"]]) {
       form.append(Object.assign(document.createElement("input"), { name, value }));
     }
     form.submit();`,
  );
  await sandbox.waitForEvent("Search", { eventId: "search-1" });
  expect(names(watched)).toEqual([["browser", "Search", "search-1"]]);
  // The frame's document is no page of the visitor.
  expect(watched.pages).toHaveLength(1);
});

test("a beacon and a fetch, with a form", async ({ page, watched, sandbox }) => {
  await run(
    page,
    `navigator.sendBeacon("${TR}", new URLSearchParams({ id: "42", ev: "Contact", eid: "contact-1" }));
     const form = new FormData();
     for (const [name, value] of [["id", "42"], ["ev", "Schedule"], ["eid", "schedule-1"]]) form.set(name, value);
     fetch("${TR}", { method: "POST", mode: "no-cors", body: form }).catch(() => undefined);`,
  );
  await sandbox.waitForEvent("Contact", { eventId: "contact-1" });
  await sandbox.waitForEvent("Schedule", { eventId: "schedule-1" });
  expect(new Set(names(watched).map(String))).toEqual(
    new Set(["browser,Contact,contact-1", "browser,Schedule,schedule-1"]),
  );
});

test("posts of events to the site's own server, in Meta's shape and in another", async ({
  page,
  watched,
}) => {
  await run(
    page,
    `const post = (path, body) => fetch(path, { method: "POST", body: JSON.stringify(body) });
     post("/meta/events", { data: [{ event_name: "Lead", event_id: "lead-1", user_data: {} }] });
     post("/collect", { eventName: "Search", eventId: "search-1" });
     post("/orders", { order: 7 });`,
  );
  await expect
    .poll(() => names(watched).map(String).sort())
    .toEqual(["server,Lead,lead-1", "server,Search,search-1"]);
  expect(report({ ...watched, nowMillis: Date.now() }).map(({ rule }) => rule)).toEqual([
    "browser-copy-missing",
    "browser-copy-missing",
  ]);
});

test("Meta's scripts come from here, and nothing else of Meta is reached", async ({ page, watched }) => {
  const text = await run(
    page,
    `new Promise((done) => {
       const script = document.createElement("script");
       script.src = "https://connect.facebook.net/signals/config/42?v=2.9.0";
       script.onload = () => done("loaded");
       document.head.append(script);
     })`,
  );
  expect(text).toBe("loaded");
  await run(page, `fetch("https://graph.facebook.com/v27.0/42/events").catch(() => undefined)`);
  await expect.poll(() => watched.stopped).toEqual(["https://graph.facebook.com/v27.0/42/events"]);
});

test("a page's cookies and e-mail addresses are noted when it is looked at", async ({ page, watched }) => {
  await run(
    page,
    `document.cookie = "_fbp=fb.0.1596403881668.7";
     document.body.innerHTML = '<input value="Jane@Example.com">';
     document.querySelector("input").value = "Joe@Example.com";`,
  );
  await watched.look(page);
  expect(watched.pages).toMatchObject([{ fbp: "fb.0.1596403881668.7", fbc: undefined }]);
  expect(new Set(watched.pages[0]?.emails)).toEqual(new Set(["Jane@Example.com", "Joe@Example.com"]));
});
