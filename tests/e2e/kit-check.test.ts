// `checkSite` over small pages, each with one fault.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test as base } from "@playwright/test";
import { type CheckOptions, checkSite, CheckError } from "../../src/shell/testing/check-site.ts";
import { type Listening, listen } from "../../src/shell/testing/listen.ts";
import { proxy } from "../../src/shell/testing/proxy.ts";
import { startBridge } from "../../src/shell/testing/bridge.ts";
import { type Sandbox, startSandbox } from "../../src/shell/testing/sandbox.ts";

const PIXEL = readFileSync(new URL("kit-site/pixel.js", import.meta.url), "utf8");
const HASH = createHash("sha256").update("Jane@Example.com").digest("hex");

/** The functions of a made page: the pixel's call, and a post of the server's copy to the site's own server. */
const KIT = `
  const kept = (name) => document.cookie.split("; ").find((each) => each.startsWith(name + "="))?.slice(name.length + 1);
  const click = new URLSearchParams(location.search).get("fbclid");
  if (click) document.cookie = "click=" + click;
  if (!kept("_fbp")) document.cookie = "_fbp=fb.0." + Date.now() + "." + Math.floor(Math.random() * 1e9);
  const seconds = () => Math.floor(Date.now() / 1000);
  const browser = (name, eventID, parameters = {}) => fbq("trackCustom", name, parameters, eventID && { eventID });
  const server = (event_name, event_id, { user_data, ...more } = {}) => fetch("/api/events", {
    method: "POST",
    body: JSON.stringify({ data: [{ event_name, event_id, event_time: seconds(), action_source: "website",
      event_source_url: location.href, user_data: { fbp: kept("_fbp"), ...user_data }, ...more }] }),
  });
  const both = (name, more, parameters) => {
    const id = crypto.randomUUID();
    browser(name, id, parameters);
    server(name, id, more);
  };`;

/** Each page's script; the page's name is the fault. */
const PAGES: Record<string, string> = {
  "no-event-id": `fbq("trackCustom", "NoId", {}); server("NoId", "id-1", { user_data: { fbp: "fb.0.1596403881668.9" } });`,
  "different-ids": `browser("DifferentIds", "id-2"); server("DifferentIds", "id-3");`,
  "different-names": `browser("Order", "id-4"); server("order", "id-4");`,
  "server-copy-missing": `browser("NoServer", "id-5");`,
  "browser-copy-missing": `server("NoBrowser", "id-6");`,
  "fbc-wrong-click": `both("WrongClick", { user_data: { fbc: "fb.0." + Date.now() + ".Another-Click" } });`,
  "fbc-in-seconds": `both("Seconds", { user_data: { fbc: "fb.0." + seconds() + "." + kept("click") } });`,
  "hash-not-normalised": `both("Hash", { user_data: { em: ["${HASH}"] } });`,
  "value-without-currency": `both("NoCurrency", {}, { value: 5 });`,
  "event-too-old": `both("Old", { event_time: seconds() - 8 * 24 * 60 * 60 });`,
  "duplicate-page-view": `fbq.allowDuplicatePageViews = true;
    for (const id of ["a", "b"]) { fbq("track", "PageView", {}, { eventID: id }); server("PageView", id); }`,
  "personal-data-in-url": `both("Personal");`,
};
/** The page that both visitors open: its id came with the HTML. */
const ROOT = `browser("Cached", "from-the-cache"); server("Cached", "from-the-cache");`;
const REMADE = `document.cookie = "_fbp=fb.0." + Date.now() + "." + Math.floor(Math.random() * 1e9); both("Remade");`;

const html = (script: string, body = "") =>
  new Response(
    `<!doctype html><meta charset="utf-8"><title>made</title><script>${PIXEL}${KIT}\n${script}\n</script>${body}`,
    { headers: { "content-type": "text/html" } },
  );

const test = base.extend<
  object,
  {
    sandbox: Sandbox;
    site: Listening;
    check: (path: string, more?: Partial<CheckOptions>) => ReturnType<typeof checkSite>;
  }
>({
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
      const site = await listen((request) => {
        const name = new URL(request.url).pathname.slice(1);
        if (name === "api/events") return Response.json({ ok: true }, { status: 202 });
        if (name === "remade") return html(REMADE);
        if (name === "bare")
          return new Response("<title>No pixel</title>", { headers: { "content-type": "text/html" } });
        if (name === "blocked")
          return new Response("<title>Just a moment...</title>", {
            status: 403,
            headers: { "content-type": "text/html" },
          });
        if (name === "broken") return new Response("broken", { status: 500 });
        if (name === "never") return new Promise<Response>(() => undefined);
        const body = name === "hash-not-normalised" ? "<p>Signed in as Jane@Example.com</p>" : "";
        return html(PAGES[name] ?? ROOT, body);
      });
      await use(site);
      await site.stop();
    },
    { scope: "worker" },
  ],
  check: [
    async ({ browser, site }, use) => {
      await use((path, more = {}) =>
        checkSite({ url: `${site.url}${path}`, browser, pixel: "stand-in", ...more }),
      );
    },
    { scope: "worker" },
  ],
});

test("each fault is found on the page that was made for it, and no other", async ({
  check,
  site,
  sandbox,
}) => {
  test.setTimeout(180_000);
  const visit = Object.keys(PAGES).map((name) =>
    name === "personal-data-in-url" ? `/${name}?email=jane%40example.com` : `/${name}`,
  );
  const report = await check("/", { visit, sandbox });
  const found = report.findings.map(({ rule, page }) => `${rule} ${new URL(page).pathname}`).sort();
  const expected = [...Object.keys(PAGES).map((name) => `${name} /${name}`), "shared-event-id /"].sort();
  expect(found).toEqual(expected);
  expect(report.isOk).toBe(false);

  const verdicts = Object.fromEntries(report.events.map(({ eventName, verdict }) => [eventName, verdict]));
  expect(verdicts).toEqual({
    NoId: "doubled",
    DifferentIds: "doubled",
    Order: "doubled",
    order: "doubled",
    NoServer: "lost",
    NoBrowser: "lost",
    WrongClick: "malformed",
    Seconds: "malformed",
    Hash: "malformed",
    NoCurrency: "malformed",
    Old: "malformed",
    PageView: "doubled",
    Personal: "malformed",
    Cached: "doubled",
  });
  // Each says what to change, and where the call is.
  for (const { fix, message } of report.findings) {
    expect(fix.length).toBeGreaterThan(20);
    expect(message).not.toContain("jane");
  }
  const line = report.findings.find(({ rule }) => rule === "no-event-id")?.line;
  expect(line?.url).toBe(`${site.url}/no-event-id`);
  expect(line?.text).toContain(`fbq("trackCustom", "NoId", {})`);
  // Hits were passed on to the sandbox, and only there.
  expect((await sandbox.report()).events.map((event) => event.event_name)).toContain("NoServer");
});

test("an fbp that is made anew on every page", async ({ check }) => {
  const report = await check("/remade");
  expect(report.findings.map(({ rule }) => rule)).toEqual(["fbp-remade"]);
  expect(report.isOk).toBe(false);
});

test("a site with capi-bridge has no fault", async ({ browser, sandbox }) => {
  const bridge = await startBridge({ sandbox });
  const site = await proxy({ site: new URL("kit-site", import.meta.url).pathname, bridge, sandbox });
  try {
    const steps = async (page: { getByRole(role: "button", options: object): { click(): Promise<void> } }) =>
      page.getByRole("button", { name: "Buy" }).click();
    const report = await checkSite({ url: `${site.url}/`, browser, pixel: "stand-in", sandbox, steps });
    expect(report.findings).toEqual([]);
    expect(report.isOk).toBe(true);
    const names = report.events.map(({ eventName, verdict }) => `${eventName} ${verdict}`);
    expect(new Set(names)).toEqual(new Set(["PageView merged", "Purchase merged"]));
  } finally {
    await site.stop();
    await bridge.stop();
  }
});

test.describe("what cannot be checked is one sentence, and what to try next", () => {
  const refused = async (checked: Promise<unknown>) => {
    const error = await checked.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(CheckError);
    return error as CheckError;
  };

  test("a site that nobody serves", async ({ browser, check: _ }) => {
    const closed = await listen(() => new Response());
    await closed.stop();
    const error = await refused(checkSite({ url: closed.url, browser }));
    expect(error.reason).toBe("never-loads");
    expect(error.message).toContain("ERR_CONNECTION_REFUSED");
    expect(error.message).toContain("curl -I");
  });

  test("a site that never answers", async ({ check }) => {
    const error = await refused(check("/never", { timeoutMillis: 1_000 }));
    expect(error.reason).toBe("never-loads");
    expect(error.message).toContain("did not load within 1 seconds");
  });

  test("a site whose server fails", async ({ check }) => {
    expect((await refused(check("/broken"))).message).toContain("answers 500");
  });

  test("a page without a pixel", async ({ check }) => {
    const error = await refused(check("/bare"));
    expect(error.reason).toBe("no-pixel");
    expect(error.message).toContain("no Meta Pixel that sends events");
  });

  test("a site that blocks headless browsers", async ({ check }) => {
    const error = await refused(check("/blocked"));
    expect(error.reason).toBe("blocked");
    expect(error.message).toContain(`(403, "Just a moment...")`);
  });

  test("an address that is none", async ({ browser }) => {
    for (const url of ["shop.example", "ftp://shop.example/", ""]) {
      expect((await refused(checkSite({ url, browser }))).reason).toBe("bad-url");
    }
  });

  test("a browser that is missing", async ({ site }) => {
    const error = await refused(checkSite({ url: site.url, executablePath: "/nowhere/chromium" }));
    expect(error.reason).toBe("no-browser");
    expect(error.message).toContain("npx playwright install chromium");
  });
});
