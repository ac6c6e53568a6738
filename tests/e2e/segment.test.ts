// Segment's analytics.js in a page, unchanged but for the host: what it tracks reaches Meta's stand-in.

import { expect, test } from "@playwright/test";
import { build } from "esbuild";
import { edge, sandbox } from "../../src/shell/testing/services.ts";
import { startWorkerd } from "../../src/shell/serve/workerd.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT, type Report, scratch } from "../support/sandbox.ts";
import { freePort } from "../support/free-port.ts";

const WRITE_KEY = "key-of-a-page";
const FBP = "fb.1.1596403881668.1116446470";
/** SHA-256 of jane@example.com, by sha256sum. */
const JANE = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d";

test("what analytics.js tracks arrives with messageId as event id, the page's cookies and its user's traits", async ({
  page,
  context,
}) => {
  const script = await library();
  const sandboxes = await startWorkerd({
    services: [sandbox(ROOT)],
    ports: { sandbox: 0 },
    state: scratch("sandbox"),
  });
  const sandboxUrl = sandboxes.urls["sandbox"] ?? "";
  const port = await freePort();
  const site = `http://www.shop.example:${port}`;
  const configuration = {
    datasets: ["1234567890"],
    allowedOrigins: [site],
    graphUrl: sandboxUrl,
    holdSeconds: 0,
    segment: { pages: [{ writeKey: WRITE_KEY }] },
  };
  const worker = await startWorkerd({
    services: [edge(ROOT, configuration)],
    ports: { edge: port },
    state: scratch("edge"),
    environment: { META_ACCESS_TOKEN: "test-token" },
  });
  try {
    await context.addCookies([{ name: "_fbp", value: FBP, url: site }]);
    await page.route(`${site}/product`, (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Shoe</title>" }),
    );
    await page.goto(`${site}/product`);
    await page.addScriptTag({ content: script });
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
      [WRITE_KEY, `www.shop.example:${port}/v1`] as const,
    );

    const arrived = (name: string) =>
      eventually(`the server copy of ${name}`, async () => {
        const report = (await (await fetch(`${sandboxUrl}/api/events`)).json()) as Report;
        return report.events.find((event) => event.event_name === name && event.server !== null);
      });
    const added = await arrived("AddToCart");
    expect(added.event_id).toBe(messageId);
    expect(added.server).toMatchObject({
      fbp: FBP,
      url: `${site}/product`,
      custom_data: { value: 50, currency: "EUR", content_ids: ["SKU-1"] },
    });
    expect(added.server?.user_data["em"]).toEqual([JANE]);
    expect(added.server?.client_user_agent).toBe(await page.evaluate(() => navigator.userAgent));
    await arrived("PageView");
  } finally {
    await worker.stop();
    await sandboxes.stop();
  }
});

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
