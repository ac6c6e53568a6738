// Segment's analytics.js in a page, unchanged but for the host: what it tracks reaches Meta's stand-in.

import { expect, test as base } from "@playwright/test";
import { build } from "esbuild";
import { startEdge } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT, type Report, type Seen, startSandbox } from "../support/sandbox.ts";
import { onFreePort } from "../support/free-port.ts";

const WRITE_KEY = "key-of-a-page";
const FBP = "fb.1.1596403881668.1116446470";
/** SHA-256 of jane@example.com, by sha256sum. */
const JANE = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d";

/** A site with the worker, whose pages may send Segment's calls, and the sandbox. */
const test = base.extend<{ site: Site }>({
  site: async ({}, use) => {
    const sandbox = await startSandbox();
    const { port, url, worker } = await onFreePort(async (port) => {
      const url = `http://www.shop.example:${port}`;
      const configuration = {
        allowedOrigins: [url],
        clientIp: undefined,
        segment: { pages: [{ writeKey: WRITE_KEY }] },
      };
      return { port, url, worker: await startEdge(sandbox.url, configuration, { port }) };
    });
    await use({
      url,
      host: `www.shop.example:${port}/v1`,
      sandboxUrl: sandbox.url,
      report: sandbox.report,
      arrived: (name) =>
        eventually(`the server copy of ${name}`, async () =>
          (await sandbox.report()).events.find((event) => event.event_name === name && event.server !== null),
        ),
    });
    await worker.stop();
    await sandbox.stop();
  },
});

test("what analytics.js tracks arrives with messageId as event id, the page's cookies and its user's traits", async ({
  page,
  context,
  site,
}) => {
  await context.addCookies([{ name: "_fbp", value: FBP, url: site.url }]);
  await page.route(`${site.url}/product`, (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Shoe</title>" }),
  );
  await page.goto(`${site.url}/product`);
  await page.addScriptTag({ content: await library() });
  const messageId = await page.evaluate(
    async ([writeKey, host]) => {
      const { AnalyticsBrowser } = (globalThis as unknown as Library).segment;
      const settings = {
        integrations: { "Segment.io": { apiKey: writeKey, apiHost: host, protocol: "http" } },
      };
      const [analytics] = await AnalyticsBrowser.load(
        { writeKey, cdnSettings: settings },
        { integrations: { "Segment.io": { apiHost: host, protocol: "http" } } },
      );
      await analytics.identify("user_42", { email: "Jane@Example.com" });
      await analytics.page();
      const tracked = await analytics.track("Product Added", {
        product_id: "SKU-1",
        price: 50,
        currency: "EUR",
        quantity: 1,
      });
      return tracked.event.messageId;
    },
    [WRITE_KEY, site.host] as const,
  );

  const added = await site.arrived("AddToCart");
  expect(added.event_id).toBe(messageId);
  expect(added.server).toMatchObject({
    fbp: FBP,
    url: `${site.url}/product`,
    custom_data: { value: 50, currency: "EUR", content_ids: ["SKU-1"] },
  });
  expect(added.server?.user_data["em"]).toEqual([JANE]);
  expect(added.server?.client_user_agent).toBe(await page.evaluate(() => navigator.userAgent));
  await site.arrived("PageView");
});

test("an event that the pixel's destination, our mirror and Segment's own call all send is one, with a copy of each side", async ({
  page,
  site,
}) => {
  const head = `
    <script src="/bridge/capi-bridge.js"></script>
    <script src="/bridge/capi-bridge-segment.js"></script>
    <script src="/segment-library.js"></script>
    <script>
      const fbq = (window.fbq = (...call) => (fbq.callMethod ? fbq.callMethod(...call) : fbq.queue.push(call)));
      fbq.queue = [];
      window.fbq("init", "1234567890");
      const pixel = {
        name: "Pixel", type: "destination", version: "1.0.0", isLoaded: () => true, load: async () => undefined,
        async track(context) {
          const { messageId, properties } = context.event;
          const { price: value, currency } = properties;
          window.fbq("trackSingle", "1234567890", "AddToCart", { value, currency }, { eventID: messageId });
          return context;
        },
      };
      const there = { apiHost: "${site.host}", protocol: "http" };
      window.analytics = segment.AnalyticsBrowser.load(
        { writeKey: "${WRITE_KEY}", plugins: [pixel],
          cdnSettings: { integrations: { "Segment.io": { apiKey: "${WRITE_KEY}", ...there } } } },
        { integrations: { "Segment.io": there } },
      );
    </script>
    <script src="${site.sandboxUrl}/fbevents.js"></script>`;
  const script = await library();
  const answers: string[] = [];
  page.on("request", (request) => {
    const path = new URL(request.url()).pathname;
    if (/events$|v1\/t$/.test(path)) answers.push(path);
  });
  await page.route(`${site.url}/segment-library.js`, (route) =>
    route.fulfill({ contentType: "text/javascript", body: script }),
  );
  await page.route(`${site.url}/product`, (route) =>
    route.fulfill({ contentType: "text/html", body: `<!doctype html><head>${head}</head>` }),
  );
  await page.goto(`${site.url}/product`);
  const prepared = await page.evaluate(`{
    const id = capiBridge.prepare("AddToCart");
    analytics.track("Product Added", { product_id: "SKU-1", price: 50, currency: "EUR", quantity: 1 });
    id
  }`);
  // Both of the page's ways to the worker were taken, and the worker sent one.
  await expect.poll(() => answers.sort().join(" ")).toBe("/bridge/events /v1/t");
  await page.waitForTimeout(1500);
  const { events } = await site.report();
  expect(events).toMatchObject([
    {
      event_name: "AddToCart",
      event_id: prepared,
      merged: true,
      browser: { copies: 1 },
      server: { copies: 1 },
    },
  ]);
});

interface Site {
  url: string;
  /** As `apiHost` of Segment's library. */
  host: string;
  sandboxUrl: string;
  report(): Promise<Report>;
  arrived(name: string): Promise<Seen>;
}
interface Tracked {
  event: { messageId: string };
}
interface Library {
  segment: {
    AnalyticsBrowser: {
      load(
        settings: object,
        options: object,
      ): Promise<
        [
          {
            identify(id: string, traits: object): Promise<unknown>;
            page(): Promise<unknown>;
            track(event: string, properties: object): Promise<Tracked>;
          },
        ]
      >;
    };
  };
}

/** Segment's library as a script of a page. */
async function library(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: 'export { AnalyticsBrowser } from "@segment/analytics-next";',
      resolveDir: ROOT,
    },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "segment",
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}
