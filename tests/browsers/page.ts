// A page of the shop's origin that has Meta's queue and the bridge, and knows what it gave the host to send.

import type { Visitor } from "../support/browsers/browser.ts";
import type { Fbq, PageWindow } from "../e2e/blank.ts";

/** What a page's script meets. */
export interface Page extends PageWindow {
  /** What the bridge itself gave the host to send to the worker, and whether the host took it. */
  posted: { by: "fetch" | "beacon"; body: string; taken: boolean }[];
  /** Where the page's own beacons went. */
  beacons: string[];
  /** Whether the network is down for the bridge. */
  offline: boolean;
}

/** A page of the shop's origin without anything of the bridge. */
export const ELSEWHERE = "/nothing-here";

/** Opens it, and starts the bridge with these attributes of its tag. */
export async function open(
  visitor: Visitor,
  url: string,
  attributes: Record<string, string> = {},
  offline = false,
): Promise<void> {
  await visitor.goto(url);
  await visitor.evaluate(
    async ({ attributes, offline }) => {
      const page = window as unknown as Page;
      page.offline = offline;
      page.posted = [];
      page.beacons = [];
      const { fetch: hostsFetch } = window;
      window.fetch = (...call) => {
        if (!/\/bridge\/events$/.test(String(call[0]))) return hostsFetch(...call);
        page.posted.push({ by: "fetch", body: call[1]?.body as string, taken: !page.offline });
        return page.offline ? Promise.reject(new TypeError("offline")) : hostsFetch(...call);
      };
      const hostsBeacon = navigator.sendBeacon.bind(navigator);
      navigator.sendBeacon = (url, body) => {
        if (!/\/bridge\/events$/.test(String(url))) page.beacons.push(String(url));
        else page.posted.push({ by: "beacon", body: body as string, taken: !page.offline });
        return hostsBeacon(url, body);
      };
      const fbq = function (...call: unknown[]) {
        fbq.queue.push(call);
      } as Fbq;
      fbq.queue = [];
      page.fbq = fbq;
      fbq("init", "1234567890");
      const script = document.createElement("script");
      script.src = "/bridge/capi-bridge.js";
      Object.assign(script.dataset, attributes);
      await new Promise((done, fail) => {
        script.onload = done;
        script.onerror = fail;
        document.documentElement.append(script);
      });
    },
    { attributes, offline },
  );
}
