// The demo as a visitor meets it: shop, edge worker and sandbox on free ports, under names of our own.

import { test as base } from "@playwright/test";
import { edge, sandbox, shop } from "../../src/shell/testing/services.ts";
import { startWorkerd } from "../../src/shell/testing/workerd.ts";
import { ROOT, type Report, scratch } from "../support/sandbox.ts";
import { eventually } from "../support/eventually.ts";

/** A running demo. */
export interface Shop {
  /** The shop's address under a host name, by default one with a registrable domain of two labels. */
  at(path: string, host?: string): string;
  /** What the sandbox has seen. */
  report(): Promise<Report>;
  /** The sandbox's page. */
  sandboxUrl: string;
}

/** The hosts under which the shop may be visited: the browser takes all of them for this machine. */
const HOSTS = ["www.shop.example", "www.shop.example.co.uk", "localhost", "127.0.0.1"];

export const test = base.extend<{ shop: Shop }>({
  shop: async ({}, use) => {
    const sandboxes = await startWorkerd({
      services: [sandbox(ROOT)],
      ports: { sandbox: 0 },
      state: scratch("sandbox"),
    });
    const sandboxUrl = sandboxes.urls["sandbox"] ?? "";
    const port = await freePort();
    const configuration = {
      datasets: ["1234567890"],
      allowedOrigins: HOSTS.map((host) => `http://${host}:${port}`),
      graphUrl: sandboxUrl,
      holdSeconds: 1,
    };
    const shops = await startWorkerd({
      services: [edge(ROOT, configuration, "shop"), shop(ROOT, sandboxUrl)],
      ports: { edge: port },
      state: scratch("shop"),
      environment: { META_ACCESS_TOKEN: "test-token" },
    });
    await use({
      at: (path, host = "www.shop.example") => `http://${host}:${port}${path}`,
      report: async () => (await (await fetch(`${sandboxUrl}/api/events`)).json()) as Report,
      sandboxUrl,
    });
    await shops.stop();
    await sandboxes.stop();
  },
});

/** The one event of this name, once both copies of it are there. */
export function pair(shop: Shop, name: string) {
  return eventually(`both copies of ${name}`, async () => {
    const found = (await shop.report()).events.filter((event) => event.event_name === name);
    const [event] = found;
    return found.length === 1 && event?.browser && event.server ? event : undefined;
  });
}

/** A port that nobody listens on: the allowed origins have to name it before the worker starts. */
async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
