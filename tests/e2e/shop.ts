// The demo under host names of our own, in Playwright's Chromium.

import { type Page, test as base } from "@playwright/test";
import { onFreePort } from "../support/free-port.ts";
import type { Reporter } from "../../www/shop/model/order.ts";
import { type Shop as Running, startShop } from "../support/shop.ts";

export { pair } from "../support/shop.ts";

/** A running demo. */
export interface Shop extends Running {
  /** The shop's address under a host name, by default one with a registrable domain of two labels. */
  at(path: string, host?: string): string;
}

/** The hosts under which the shop may be visited: the browser takes all of them for this machine. */
const HOSTS = ["www.shop.example", "www.shop.example.co.uk", "localhost", "127.0.0.1"];

export const test = base.extend<{ shop: Shop }>({
  shop: async ({}, use) => {
    const { port, running } = await onFreePort(async (port) => ({
      port,
      running: await startShop(
        port,
        HOSTS.map((host) => `http://${host}:${port}`),
      ),
    }));
    await use({
      ...running,
      at: (path, host = "www.shop.example") => `http://${host}:${port}${path}`,
    });
    await running.stop();
  },
});

/** Arrives at an address and puts the first product into the cart; the next step is to buy. */
export async function goToCheckout(page: Page, address: string) {
  await page.goto(address);
  await page.getByTestId("product").first().click();
  await page.getByTestId("add-to-cart").click();
  await page.getByTestId("checkout").click();
}

/** Arrives at an address and buys the first product. `reporter` tells the bridge that the order is paid. */
export async function buy(page: Page, address: string, reporter: Reporter = "own") {
  await goToCheckout(page, address);
  await page.locator(`input[name=reporter][value=${reporter}]`).check();
  await page.getByTestId("buy").click();
  await page.waitForURL(/thank|order-received/);
}
