// Tests answers of servers that are not the worker. They come over a real connection, so redirects are followed and
// bodies can be cut off or never end.

import { expect } from "@playwright/test";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { answerAs, answerRedirected, STRANGERS } from "../chaos/strangers.ts";
import { bridge, INIT, type PageWindow, settle, stored, STUB } from "./blank.ts";
import { type Shop, test } from "./shop.ts";

/** Starts a server between the browser and the shop. At first each event gets the answer of the stranger that its id names. */
async function startProxy(shop: Shop) {
  const { hostname, port, origin } = new URL(shop.at("/", "127.0.0.1"));
  const allowed = new URL(shop.at("/")).origin;
  const proxy = { isStrange: true, asked: new Set<string>(), port: 0, stop: () => server.close() };
  const server = createServer((incoming, response) => {
    void text(incoming).then((body) => {
      const { pathname } = new URL(incoming.url ?? "/", origin);
      if (pathname === "/strange") {
        response
          .writeHead(200, { "content-type": "text/html" })
          .end(`<!doctype html>${bridge()}${STUB}${INIT}`);
        return;
      }
      if (answerRedirected(pathname, incoming.headers.origin, response)) return;
      if (pathname === "/bridge/events" && proxy.isStrange) {
        const [event] = (JSON.parse(body) as { data: { event_id: string }[] }).data;
        proxy.asked.add(event?.event_id ?? "");
        answerAs(event?.event_id ?? "", response, proxy.port, body);
        return;
      }
      const { method, url: path, headers } = incoming;
      request({ hostname, port, method, path, headers: { ...headers, origin: allowed } }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }).end(body);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}

test("no answer of a server that is not the worker ends an event", async ({ page, shop }) => {
  // A browser has six connections to a server. An answer that does not end keeps one.
  const doesEnd = (name: string) => Number(!name.includes("does not end"));
  const names = Object.keys(STRANGERS).sort((one, other) => doesEnd(other) - doesEnd(one));
  const proxy = await startProxy(shop);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  // Not a route of Playwright's: while it intercepts requests, Chromium holds the redirects of those with `keepalive`.
  await page.goto(`http://www.shop.example:${proxy.port}/strange`);
  await page.evaluate(async (names) => {
    for (const eventId of names) {
      (window as unknown as PageWindow).capiBridge.track("Lead", {}, { eventId });
      // A Lead waits 50 ms. After that the next one has a request of its own.
      await new Promise((done) => setTimeout(done, 100));
    }
  }, names);
  await expect.poll(() => names.filter((name) => !proxy.asked.has(name)), { timeout: 15_000 }).toEqual([]);
  await settle(page);
  expect(await stored(page)).toHaveLength(names.length);
  proxy.isStrange = false;
  await page.evaluate(() => dispatchEvent(new Event("online")));
  // The page gives a body that does not end 15 seconds.
  await expect.poll(() => stored(page), { timeout: 40_000 }).toEqual([]);
  const arrived = async () =>
    (await shop.report()).events.flatMap(({ event_id, server }) => (server === null ? [] : event_id)).sort();
  await expect.poll(arrived, { timeout: 15_000 }).toEqual([...names].sort());
  expect(errors).toEqual([]);
  proxy.stop();
});
