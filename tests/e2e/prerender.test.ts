// Tests a page that Chromium prerenders. Chromium does so only without remote control, so the pages
// themselves report to a server.

import { chromium, expect, test } from "@playwright/test";
import { rmSync } from "node:fs";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { startProgram } from "../support/browsers/program.ts";
import { eventually } from "../support/eventually.ts";
import { startOrigin } from "../support/origin.ts";
import { scratch } from "../support/sandbox.ts";
import { type Shop, startShop } from "../support/shop.ts";
import { bridge, STUB } from "./blank.ts";

/** A report of the prerendered page about itself. */
interface Seen {
  prerendering: boolean;
  cookies: string;
  stored: number;
  identifiers: { fbp?: string };
}

/** The page that the visitor opens. It prerenders the other page, and goes there when the test wants it. */
const FIRST = `<!doctype html>
  <script type="speculationrules">{ "prerender": [{ "urls": ["/second"], "eagerness": "immediate" }] }</script>
  <script>fetch("/wanted").then(() => (location.href = "/second"));</script>`;
/** The prerendered page. It tracks a PageView, and reports once before it is shown and once after. */
const SECOND = `<!doctype html>${STUB}${bridge()}<script>
  fbq("init", "1234567890");
  fbq("track", "PageView");
  const tell = () =>
    fetch("/seen", {
      method: "POST",
      body: JSON.stringify({
        prerendering: document.prerendering,
        cookies: document.cookie,
        stored: localStorage.length,
        identifiers: capiBridge.identifiers(),
      }),
    });
  addEventListener("load", () => setTimeout(tell, 1000));
  document.addEventListener("prerenderingchange", tell);
</script>`;

/** Returns a handler that forwards a request to the worker, with the page's own host. */
const toWorker = (port: () => number) => (incoming: IncomingMessage, response: ServerResponse) => {
  const { url, method, headers } = incoming;
  const outgoing = request({ host: "127.0.0.1", port: port(), path: url, method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on("error", () => response.destroy());
  incoming.pipe(outgoing);
};

test("a page that is prerendered makes, stores and sends nothing until it is shown", async () => {
  const seen: Seen[] = [];
  let want = () => {};
  const wanted = new Promise<void>((done) => (want = done));
  const html = (body: string) => (_: IncomingMessage, response: ServerResponse) => {
    response.setHeader("content-type", "text/html; charset=utf-8").end(body);
  };
  let shop: Shop | undefined;
  const port = () => shop?.port ?? 0;
  const pages = await startOrigin({
    "/first": html(FIRST),
    "/second": html(SECOND),
    "/wanted": (_, response) => void wanted.then(() => response.end()),
    "/seen": (incoming, response) => {
      void text(incoming).then((body) => seen.push(JSON.parse(body) as Seen));
      response.end();
    },
    "/bridge/capi-bridge.js": toWorker(port),
    "/bridge/capi-bridge-deferred.js": toWorker(port),
    "/bridge/events": toWorker(port),
  });
  // A name of this machine that every browser knows.
  const origin = pages.url.replace("127.0.0.1", "localhost");
  const started = await startShop(0, [origin]);
  shop = started;
  const profile = scratch("prerender");
  const browser = startProgram(process.env["CHROMIUM_PATH"] ?? chromium.executablePath(), [
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    `--user-data-dir=${profile}`,
    `${origin}/first`,
  ]);
  const asked = (path: string) => pages.requests.filter(({ url }) => url?.startsWith(path));
  try {
    const before = await eventually("a prerendered page", async () => seen[0], 30_000);
    expect(before).toEqual({ prerendering: true, cookies: "", stored: 0, identifiers: {} });
    expect(asked("/second")[0]?.headers["sec-purpose"]).toContain("prerender");
    expect(asked("/seen")[0]?.headers).not.toHaveProperty("x-capi-fbp");
    expect(asked("/bridge/events")).toEqual([]);

    want();
    const { identifiers, ...after } = await eventually("the page shown", async () => seen[1]);
    expect(identifiers.fbp).toMatch(/^fb\.0\.\d{13}\.\d+$/);
    expect(after).toMatchObject({ prerendering: false, cookies: `_fbp=${identifiers.fbp}` });
    expect(asked("/second")).toHaveLength(1);
    const copy = await eventually("its PageView", async () => {
      const events = (await started.report()).events.filter(({ event_name }) => event_name === "PageView");
      return events[0]?.server ?? undefined;
    });
    expect(copy.user_data["fbp"]).toBe(identifiers.fbp);
    expect(asked("/bridge/events")).toHaveLength(1);
  } finally {
    want();
    await browser.stop();
    await started.stop();
    await pages.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
