// A visitor of the demo shop, in the browser of the project that runs: tests are written once for all three.

import { test as base } from "@playwright/test";
import type { Browser, Visitor } from "../support/browsers/browser.ts";
import { open } from "../support/browsers/open.ts";
import { hasIpv6, overHttps, overIpv6 } from "../support/forward.ts";
import { onFreePort } from "../support/free-port.ts";
import { type Shop as Running, startShop } from "../support/shop.ts";

export { expect } from "@playwright/test";

/** A running demo, under the names that every browser knows to be this machine. */
export interface Shop extends Running {
  /** The shop's address on one of the hosts. */
  at(path: string, host: string): string;
  /** The shop's address on localhost, over https. */
  secureAt(path: string): string;
}

/** The hosts that every browser takes for this machine: names below localhost need no entry anywhere (RFC 6761, 6.3). */
export const HOSTS = [
  ...["localhost", "127.0.0.1", "shop.localhost", "www.shop.localhost"],
  ...(hasIpv6 ? ["[::1]"] : []),
];

/** These tests are about the cookies that the page writes. The worker's answers do not write them again. */
const ONLY_THE_PAGE_WRITES = { documents: { rewriteCookies: "off" } };

export const test = base.extend<{ visitor: Visitor }, { shop: Shop; opened: Browser }>({
  shop: [
    async ({}, use) => {
      const { running, origin, secure, close } = await onFreePort(startWithWays);
      await use({
        ...running,
        at: (path, host) => origin(host) + path,
        secureAt: (path) => secure + path,
      });
      await Promise.all([running.stop(), close()]);
    },
    { scope: "worker" },
  ],
  opened: [
    async ({ browserName }, use) => {
      const browser = await open(browserName);
      await use(browser);
      await browser.close();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  visitor: async ({ opened }, use) => {
    const visitor = await opened.visitor();
    await use(visitor);
    await visitor.close();
  },
});

/** Starts the demo at a port, and the ways to it over IPv6 and https. */
async function startWithWays(port: number) {
  const ipv6 = hasIpv6 ? await overIpv6(port) : undefined;
  const https = await overHttps(port);
  const close = () => Promise.all([ipv6?.close(), https.close()]);
  const origin = (host: string) => `http://${host}:${(host === "[::1]" ? ipv6?.port : undefined) ?? port}`;
  const secure = `https://localhost:${https.port}`;
  try {
    const running = await startShop(port, [...HOSTS.map(origin), secure], ONLY_THE_PAGE_WRITES);
    return { running, origin, secure, close };
  } catch (error) {
    await close();
    throw error;
  }
}
