// The page never suffers: what the bridge meets on other people's pages.

import { expect, type Page } from "@playwright/test";
import { pair, test } from "./shop.ts";

type Fbq = { (...call: unknown[]): void; queue: unknown[][]; callMethod?: unknown };
declare const window: { fbq: Fbq; capiBridge: { stop(): void; identifiers(): object } } & Record<
  string,
  unknown
>;

/** A page of our own on the shop's origin, with these scripts in its head. */
async function blank(page: Page, url: string, head: string) {
  await page.route(url, (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<!doctype html><html><head>${head}</head><body>page</body></html>`,
    }),
  );
  const errors: string[] = [];
  const warnings: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => void (message.type() === "warning" && warnings.push(message.text())));
  await page.goto(url);
  return { errors, warnings };
}

const BRIDGE = `<script src="/bridge/capi-bridge.js" data-datasets="1234567890"></script>`;
/** Meta's queue contract: calls wait until the pixel's script takes them. */
const STUB = `<script>
  if (!window.fbq) {
    const fbq = (window.fbq = function () { fbq.callMethod ? fbq.callMethod.apply(fbq, arguments) : fbq.queue.push(arguments); });
    window._fbq ??= fbq; fbq.push = fbq; fbq.loaded = true; fbq.version = "2.0"; fbq.queue = [];
  }
  fbq("init", "1234567890");
</script>`;

test("calls that were queued before the bridge get an id and a server copy", async ({ page, shop }) => {
  await blank(
    page,
    shop.at("/queued"),
    `${STUB}<script>fbq("track", "Lead", { value: 1, currency: "EUR" });</script>${BRIDGE}`,
  );
  const queued = await page.evaluate(() => window.fbq.queue.map((call) => [...call]));
  const [, , , options] = queued[1] as [string, string, object, { eventID: string }];
  expect(options.eventID).toMatch(/^[0-9a-f]{32}$/);
  const { events } = await waitForServer(shop, "Lead");
  expect(events[0]?.server?.event_id).toBe(options.eventID);
});

test("a pixel that is defined later, or replaced, is seen all the same", async ({ page, shop }) => {
  const { errors } = await blank(page, shop.at("/later"), BRIDGE);
  const seen = await page.evaluate(async () => {
    const calls: unknown[][] = [];
    const record = () =>
      Object.assign((...call: unknown[]) => void calls.push(call), { queue: [] as unknown[][] });
    window.fbq = record();
    // A snippet adds the pixel's script.
    document.head.append(document.createElement("script"));
    await Promise.resolve();
    window.fbq("init", "1234567890");
    window.fbq("track", "Contact");
    window.fbq = record();
    window.fbq("trackCustom", "Spin", { wheel: 7 });
    return calls;
  });
  expect(seen).toEqual([
    ["init", "1234567890"],
    ["track", "Contact", {}, { eventID: expect.stringMatching(/^[0-9a-f]{32}$/) }],
    ["trackCustom", "Spin", { wheel: 7 }, { eventID: expect.stringMatching(/^[0-9a-f]{32}$/) }],
  ]);
  await waitForServer(shop, "Spin");
  expect(errors).toEqual([]);
});

test("an event id that the page set is kept on both sides, and its arguments are not touched", async ({
  page,
  shop,
}) => {
  await blank(page, shop.at("/own-id"), BRIDGE + STUB);
  const options = await page.evaluate(() => {
    const given = { eventID: "my-own-id" };
    window.fbq("track", "Contact", {}, given);
    return given;
  });
  expect(options).toEqual({ eventID: "my-own-id" });
  expect((await waitForServer(shop, "Contact")).events[0]?.event_id).toBe("my-own-id");
});

test("a bad percent sign and a malformed cookie are survived, and the cookie repaired", async ({
  page,
  context,
  shop,
}) => {
  const url = shop.at("/bad?fbclid=%E0%A4%A&q=%");
  await context.addCookies([{ name: "_fbp", value: "fb.broken", url: shop.at("/") }]);
  const { errors } = await blank(page, url, BRIDGE + STUB);
  const cookies = Object.fromEntries((await context.cookies()).map(({ name, value }) => [name, value]));
  expect(cookies["_fbp"]).toMatch(/^fb\.1\.\d{13}\.\d+$/);
  expect(cookies["_fbc"]).toBeUndefined();
  expect(errors).toEqual([]);
});

test("a visitor who was here before costs no cookie written, and no search for where they are kept", async ({
  page,
  shop,
}) => {
  await page.addInitScript(() => {
    const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie") as {
      get(): string;
      set(cookie: string): void;
    };
    const written = (window["written"] = [] as string[]);
    Object.defineProperty(Document.prototype, "cookie", {
      get,
      set(cookie: string) {
        written.push(cookie.split("=")[0]!);
        set.call(this, cookie);
      },
    });
  });
  const visit = async () => {
    await blank(page, shop.at("/visit"), BRIDGE + STUB);
    return page.evaluate(() => [window["written"], window.capiBridge.identifiers()]);
  };
  const [written, identifiers] = await visit();
  expect(written).toContain("_fbp");
  expect(await visit()).toEqual([[], identifiers]);
});

test("without WebAssembly the page and the pixel work as before, with one warning", async ({
  page,
  shop,
}) => {
  await page.addInitScript(() => {
    delete (globalThis as { WebAssembly?: unknown }).WebAssembly;
  });
  const { errors, warnings } = await blank(page, shop.at("/no-wasm"), BRIDGE + STUB);
  const queued = await page.evaluate(async () => {
    window.fbq("track", "Contact");
    return { calls: window.fbq.queue.map((call) => [...call]), status: (await fetch("/")).status };
  });
  expect(queued).toEqual({
    calls: [
      ["init", "1234567890"],
      ["track", "Contact"],
    ],
    status: 200,
  });
  expect(errors).toEqual([]);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("wasm-unsafe-eval");
});

test("without the worker the page works as before", async ({ page, shop }) => {
  await page.route("**/bridge/events", (route) => route.abort());
  const { errors } = await blank(page, shop.at("/no-worker"), BRIDGE + STUB);
  await page.evaluate(() => window.fbq("track", "Contact"));
  await page.waitForTimeout(200);
  expect(errors).toEqual([]);
  expect(await page.evaluate(() => window.fbq.queue.length)).toBe(2);
});

test("with Global Privacy Control nothing is read, made or sent", async ({ page, context, shop }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }));
  await blank(page, shop.at("/gpc?fbclid=Click"), BRIDGE + STUB);
  const queued = await page.evaluate(() => {
    window.fbq("track", "Contact");
    return window.fbq.queue.map((call) => [...call]);
  });
  expect(queued.at(-1)).toEqual(["track", "Contact"]);
  await page.waitForTimeout(500);
  expect(await context.cookies()).toEqual([]);
  expect((await shop.report()).events).toEqual([]);
});

test("while the pixel's consent is revoked the server copy waits with its id and time", async ({
  page,
  shop,
}) => {
  await blank(page, shop.at("/consent"), BRIDGE + STUB);
  await page.evaluate(() => {
    window.fbq("consent", "revoke");
    window.fbq("track", "Contact");
  });
  await page.waitForTimeout(500);
  expect((await shop.report()).events).toEqual([]);
  await page.evaluate(() => window.fbq("consent", "grant"));
  await waitForServer(shop, "Contact");
});

test.describe("a fetch", () => {
  test("keeps the caller's own header, its arguments, its body and its errors", async ({ page, shop }) => {
    await blank(page, shop.at("/fetch"), BRIDGE + STUB);
    const sent: Record<string, { headers: Record<string, string>; body: string | null }> = {};
    await page.route("**/echo/**", async (route) => {
      const request = route.request();
      sent[new URL(request.url()).pathname] = {
        headers: await request.allHeaders(),
        body: request.postData(),
      };
      await route.fulfill({ body: "ok" });
    });
    const outcome = await page.evaluate(async () => {
      const init = { method: "POST", body: "one", headers: { "x-capi-fbp": "mine", "x-own": "1" } };
      const before = JSON.stringify(init);
      await fetch("/echo/init", init);
      const request = new Request("/echo/request", {
        method: "PUT",
        body: "two",
        referrer: "/from",
        headers: { "x-own": "2" },
      });
      await fetch(request);
      await fetch(new URL("/echo/url", location.href));
      const failed = await fetch("http://").catch((error: unknown) => String(error));
      return { unchanged: JSON.stringify(init) === before, used: request.bodyUsed, failed };
    });
    expect(outcome.unchanged).toBe(true);
    expect(outcome.used).toBe(true);
    expect(outcome.failed).toContain("TypeError");
    expect(sent["/echo/init"]).toMatchObject({
      body: "one",
      headers: { "x-capi-fbp": "mine", "x-own": "1" },
    });
    expect(sent["/echo/request"]).toMatchObject({
      body: "two",
      headers: { "x-own": "2", referer: shop.at("/from") },
    });
    for (const { headers } of Object.values(sent))
      expect(headers["x-capi-event-id"]).toMatch(/^[0-9a-f]{32}$/);
  });

  test("to another origin is untouched", async ({ page, shop }) => {
    await blank(page, shop.at("/foreign"), BRIDGE + STUB);
    let headers: Record<string, string> = {};
    await page.route("http://api.example/**", async (route) => {
      headers = await route.request().allHeaders();
      await route.fulfill({ body: "ok", headers: { "access-control-allow-origin": "*" } });
    });
    await page.evaluate(() => fetch("http://api.example/data"));
    expect(Object.keys(headers).filter((name) => name.startsWith("x-capi"))).toEqual([]);
  });

  test("after stop() is untouched, and so is the pixel", async ({ page, shop }) => {
    await blank(page, shop.at("/stopped"), BRIDGE + STUB);
    let headers: Record<string, string> = {};
    await page.route("**/echo/stopped", async (route) => {
      headers = await route.request().allHeaders();
      await route.fulfill({ body: "ok" });
    });
    const last = await page.evaluate(async () => {
      window.capiBridge.stop();
      window.fbq("track", "Contact");
      await fetch("/echo/stopped");
      return [...(window.fbq.queue.at(-1) ?? [])];
    });
    expect(last).toEqual(["track", "Contact"]);
    expect(Object.keys(headers).filter((name) => name.startsWith("x-capi"))).toEqual([]);
  });
});

/** The events of this name, once the server's copy of one is there; our stub sends no browser copy. */
async function waitForServer(shop: Parameters<typeof pair>[0], name: string) {
  let events: Awaited<ReturnType<typeof shop.report>>["events"] = [];
  await expect
    .poll(
      async () => {
        events = (await shop.report()).events.filter(
          (event) => event.event_name === name && event.server !== null,
        );
        return events.length;
      },
      { timeout: 15_000 },
    )
    .toBe(1);
  return { events };
}
