// A page of the test's own on the shop's origin, and its posts to the worker.

import { expect, type Page, type Route } from "@playwright/test";
import type { Shop } from "./shop.ts";

export type Fbq = { (...call: unknown[]): void; queue: ArrayLike<unknown>[]; callMethod?: unknown } & Record<
  string,
  unknown
>;
/** The globals of the page, for functions in `page.evaluate`. */
export interface PageWindow {
  fbq: Fbq;
  /** The events that the pixel sent, on a page with `PIXEL`. */
  sent: { name: string; id: string | null; dataset: string }[];
  capiBridge: {
    track(name: string, parameters?: object, options?: object): { eventId: string };
    prepare(name: string, options?: object): string;
    identify(customer: object): void;
    identifiers(): { fbp?: string; fbc?: string; externalId?: string };
    setConsent(consent: string): void;
    stop(): void;
  };
}

/** An event as the page posted it. */
export interface Posted {
  dataset_id?: string;
  event_name: string;
  event_id: string;
  event_time: number;
  event_source_url: string;
  user_data: Record<string, unknown>;
  custom_data: Record<string, unknown>;
  data_processing_options?: string[];
}

/** Returns the bridge's script tag with these attributes. */
export const bridge = (attributes = `data-datasets="1234567890"`) =>
  `<script src="/bridge/capi-bridge.js" ${attributes}></script>`;

/** Meta's queue contract: calls wait until the pixel's script takes them. */
export const STUB = `<script>
  if (!window.fbq) {
    const fbq = (window.fbq = function () { fbq.callMethod ? fbq.callMethod.apply(fbq, arguments) : fbq.queue.push(arguments); });
    window._fbq ??= fbq; fbq.push = fbq; fbq.loaded = true; fbq.version = "2.0"; fbq.queue = [];
  }
</script>`;

/**
 * The part of the pixel's script that matters for PageViews. It reads `disablePushState` once, tracks each
 * change of the address itself unless that is set, and drops a second PageView unless duplicates are allowed.
 */
export const PIXEL = `<script>{
  const { fbq } = window, datasets = [], seen = new Set();
  window.sent = [];
  const send = (dataset, name, id, again) => {
    if (name === "PageView" && seen.has(dataset) && !again && !fbq.allowDuplicatePageViews) return;
    if (name === "PageView") seen.add(dataset);
    sent.push({ dataset, name, id: id ?? null });
  };
  fbq.callMethod = (command, ...call) => {
    if (command === "init") datasets.push(call[0]);
    if (/^track(Custom)?$/.test(command)) for (const each of datasets) send(each, call[0], call[2]?.eventID);
    if (/^trackSingle(Custom)?$/.test(command)) send(call[0], call[1], call[3]?.eventID);
  };
  for (const call of fbq.queue.splice(0)) fbq.callMethod(...call);
  if (fbq.disablePushState !== true) {
    let address = location.href;
    const look = () => {
      if (location.href === address) return;
      address = location.href;
      for (const each of datasets) send(each, "PageView", null, true);
    };
    for (const name of ["pushState", "replaceState"]) {
      const original = history[name];
      history[name] = function () { original.apply(this, arguments); look(); };
    }
    addEventListener("popstate", look);
  }
}</script>`;

export const INIT = `<script>fbq("init", "1234567890");</script>`;

/** Opens a page with these scripts in its head. Returns its errors, its warnings and the events it posted. */
export async function blank(
  page: Page,
  url: string,
  head: string,
  headers: Record<string, string> = {},
): Promise<{ errors: string[]; warnings: string[]; posted: Posted[] }> {
  const errors: string[] = [];
  const warnings: string[] = [];
  const posted: Posted[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => void (message.type() === "warning" && warnings.push(message.text())));
  page.on("request", (request) => {
    if (!request.url().endsWith("/bridge/events")) return;
    const body = JSON.parse(request.postData() ?? "{}") as { dataset_id?: string; data: Posted[] };
    posted.push(
      ...body.data.map((event) => ({
        ...event,
        ...(body.dataset_id !== undefined && { dataset_id: body.dataset_id }),
      })),
    );
  });
  await page.route(url, (route) =>
    route.fulfill({
      contentType: "text/html",
      headers,
      body: `<!doctype html><html><head>${head}</head><body>page</body></html>`,
    }),
  );
  await page.goto(url);
  return { errors, warnings, posted };
}

/** Returns the events of a request to the worker. */
export const events = (route: Route) => (route.request().postDataJSON() as { data: Posted[] }).data;

/** Answers as a worker that has stored the events. */
export const receipt = (route: Route) =>
  route.fulfill({ status: 202, json: { events_received: events(route).length, problems: [] } });

/** Answers as a worker that refuses the fields at these paths, with this code. */
export const refusal = (route: Route, status: number, code: string, ...paths: string[]) => {
  const problems = paths.map((path) => ({ code, path, message: `why: ${code}`, event_kept: false }));
  return route.fulfill({ status, json: { events_received: 0, problems } });
};

/** Returns the keys of the events that wait in storage. */
export const stored = (page: Page) =>
  page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("capi-bridge.event.")));

/** Runs a function in the page. */
export const run = <T>(page: Page, script: (window: PageWindow) => T | Promise<T>): Promise<T> =>
  page.evaluate(`(${script.toString()})(window)`);

/** Waits for the one server copy of this event name in the sandbox, and returns it. */
export async function serverCopy(shop: Shop, name: string) {
  const copies = async () =>
    (await shop.report()).events.filter((event) => event.event_name === name && event.server !== null);
  await expect.poll(async () => (await copies()).length, { timeout: 15_000 }).toBe(1);
  const [copy] = await copies();
  if (copy?.server == null) throw new Error(`${name}: gone`);
  return { ...copy, server: copy.server };
}

/** Waits long enough for requests on their way, before a test checks that something did not happen. */
export const settle = (page: Page) => page.waitForTimeout(900);
