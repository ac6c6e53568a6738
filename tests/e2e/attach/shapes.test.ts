// Tests that the hooks do not change the public API. Each shape of call runs once without the bridge
// and once with it. The test compares the requests at the server and the results at the caller.

import { type Browser, expect, test } from "@playwright/test";
import { type Received, type Recorder, type Scheme, startRecorder } from "./recorder.ts";
import { type Shape, SHAPES } from "./shapes.ts";
import { eventually } from "../../support/eventually.ts";
import { installTools, type Outcome } from "./tools.ts";

/** The page's own origin, one that it lists, and one that it does not. */
const OWN = "www.shop.example";
const LISTED = "api.example";
const FOREIGN = "other.example";

const FBP = `fb.1.${Date.now() - 86_400_000}.1073741823`;
const FBC = `fb.1.${Date.now() - 3_600_000}.Test-Click_1`;
const EXPECTED: Record<string, unknown> = {
  fbp: FBP,
  fbc: FBC,
  "event-id": expect.stringMatching(/^[0-9a-f]{32}$/),
};
const OURS = /^(?:x-)?capi-/i;

interface Recorded {
  outcome: Outcome;
  requests: Received[];
  preflights: Received[];
}

/** Asks each of these addresses by XHR. Runs in the page. */
async function becomeKnown(urls: string[]): Promise<void> {
  // Some shapes are about pages without it.
  if (typeof XMLHttpRequest !== "function") return;
  for (const url of urls) {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.send();
    await new Promise((done) => request.addEventListener("loadend", done));
  }
}

/** Runs every shape on a page with this in its head. */
async function record(
  browser: Browser,
  recorder: Recorder,
  shapes: Shape[],
  head: string,
): Promise<Recorded[]> {
  recorder.html = `<!doctype html><html><head>${head}</head><body></body></html>`;
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  await context.addCookies([
    { name: "_fbp", value: FBP, domain: ".shop.example", path: "/" },
    { name: "_fbc", value: FBC, domain: ".shop.example", path: "/" },
  ]);
  await context.addInitScript(installTools);
  const page = await context.newPage();
  await page.goto(recorder.at(OWN, "/page"));
  const run = head === "" ? "bare" : "bridged";
  // The deferred part hooks beacons. From then on the function's text does not have its native name.
  if (head) await page.waitForFunction(() => !`${navigator.sendBeacon}`.includes("sendBeacon"));
  const outcomes: Outcome[] = [];
  for (const [index, shape] of shapes.entries()) {
    const path = `/echo/${index}-${run}`;
    const [own, listed, foreign] = [OWN, LISTED, FOREIGN].map((host) => recorder.at(host, path));
    // XHR carries on a GET once the path is known to stay at its origin.
    await page.evaluate(becomeKnown, [own!, listed!, foreign!]);
    recorder.forget(`${index}-${run}`);
    outcomes.push(await page.evaluate(shape.run, { path, own, listed, foreign } as never));
    const sent = () => recorder.received(`${index}-${run}`).filter(({ method }) => method !== "OPTIONS");
    await eventually(
      `the request of "${shape.name}"`,
      async () => sent().length >= shape.sends[recorder.scheme] || undefined,
    );
  }
  // Waits for unexpected requests, which may still be on their way.
  await page.waitForTimeout(300);
  await context.close();
  const name = (text: string) => text.replaceAll(`-${run}`, "");
  return outcomes.map((outcome, index) => {
    const all = recorder.received(`${index}-${run}`).map((request): Received => ({
      ...request,
      url: name(request.url),
      // The order of headers may differ between two requests.
      headers: request.headers.map(([key, value]): [string, string] => [key, boundary(name(value))]).sort(),
      body: boundary(request.body),
    }));
    return {
      outcome: JSON.parse(name(JSON.stringify(outcome ?? null))),
      requests: all.filter(({ method }) => method !== "OPTIONS"),
      preflights: all.filter(({ method }) => method === "OPTIONS"),
    };
  });
}

/** Replaces the random boundary of form data by a fixed one. */
const boundary = (text: string) => text.replaceAll(/----WebKitFormBoundary\w+/g, "----boundary");

/** Splits a request into the page's request and the bridge's fields by name. Fields of the page stay. */
function apart(request: Received, bare: Received): [rest: Received, ours: Record<string, string>] {
  const ours: Record<string, string> = {};
  const isOurs = (name: string, value: string, own: string[]) => {
    if (!OURS.test(name) || own.includes(name.toLowerCase())) return false;
    ours[name.toLowerCase().replace(OURS, "")] = value;
    return true;
  };
  const ownHeaders = bare.headers.map(([name]) => name.toLowerCase());
  const headers = request.headers.filter(([name, value]) => !isOurs(name, value, ownHeaders));

  const [path = "", ...query] = request.url.split(/[?&]/);
  const ownParameters = bare.url.split(/[?&]/).map((part) => part.split("=")[0] ?? "");
  const kept = query.filter((part) => {
    const [name = "", value = ""] = part.split("=");
    return !isOurs(name, decodeURIComponent(value), ownParameters);
  });
  const url = kept.length > 0 ? `${path}?${kept.join("&")}` : path;
  return [{ ...request, headers, url }, ours];
}

/** Compares a page with the bridge to the bare page. With `nothing`, no request may carry fields. */
function compare(shapes: Shape[], scheme: Scheme, bare: Recorded[], bridged: Recorded[], nothing = false) {
  for (const [index, { name, carries, sends }] of shapes.entries()) {
    const carrying = carries && !nothing;
    const [without, with_] = [bare[index]!, bridged[index]!];
    expect.soft(with_.outcome, name).toEqual(without.outcome);
    expect.soft(without.requests.length, name).toBe(sends[scheme]);
    expect.soft(with_.requests.length, name).toBe(without.requests.length);

    for (const [at, before] of without.requests.entries()) {
      const [rest, ours] = apart(with_.requests[at] ?? before, before);
      expect.soft(rest, name).toEqual(before);
      const own = [...before.headers.map(([key]) => key), ...before.url.split(/[?&=]/)]
        .filter((key) => OURS.test(key))
        .map((key) => key.toLowerCase().replace(OURS, ""));
      const missing = Object.entries(EXPECTED).filter(([key]) => carrying && !own.includes(key));
      expect.soft(ours, name).toEqual(Object.fromEntries(missing));
    }
    // Only a listed origin may get an additional preflight, for the bridge's headers.
    const asked = with_.preflights.filter(({ host }) => !carrying || !host.startsWith(LISTED));
    expect.soft(asked, name).toEqual(carrying ? [] : without.preflights);
  }
}

const script = (recorder: Recorder) =>
  `<script src="/dist/capi-bridge.js" data-attach="same-origin ${recorder.at(LISTED, "")}"></script>`;

for (const scheme of ["http", "https"] satisfies Scheme[]) {
  for (const [api, shapes] of Object.entries(SHAPES)) {
    const over = scheme === "http" ? "over HTTP/1.1" : "over TLS and HTTP/2";
    test(`${api} in ${shapes.length} shapes ${over}: all is the same but for what requests carry`, async ({
      browser,
    }) => {
      test.setTimeout(120_000);
      const recorder = await startRecorder(scheme);
      const bare = await record(browser, recorder, shapes, "");
      const bridged = await record(browser, recorder, shapes, script(recorder));
      await recorder.stop();
      compare(shapes, scheme, bare, bridged);
    });
  }
}

test("after stop() all shapes are the same, and nothing is carried", async ({ browser }) => {
  test.setTimeout(180_000);
  const recorder = await startRecorder("http");
  const shapes = Object.values(SHAPES).flat();
  const bare = await record(browser, recorder, shapes, "");
  const stopped = `${script(recorder)}<script>capiBridge.stop()</script>`;
  compare(shapes, "http", bare, await record(browser, recorder, shapes, stopped), true);
  await recorder.stop();
});

test("the bridge's own requests carry nothing, also those that leave with the page", async ({ page }) => {
  const recorder = await startRecorder("http");
  recorder.html = `<!doctype html><html><head>
    <script src="/dist/capi-bridge.js" data-endpoint="/echo/bridge"></script>
    <script>window.fbq = function () {};</script>
    <script>fbq("init", "1234567890"); fbq("track", "Lead");</script>
    </head><body></body></html>`;
  await page.goto(recorder.at(OWN, "/page"));
  const events = () => recorder.received("bridge/events");
  await eventually("the event", async () => events().length > 0 || undefined);
  const before = events().length;
  await page.evaluate(() => {
    (window as unknown as { fbq(...call: unknown[]): void }).fbq("track", "Contact");
    location.href = "/elsewhere";
  });
  await eventually("the event that leaves with the page", async () => events().length > before || undefined);
  for (const { url, headers } of events()) {
    expect(url).toBe("/echo/bridge/events");
    expect(headers.filter(([name]) => OURS.test(name))).toEqual([]);
  }
  await recorder.stop();
});
