// A page of the shop's origin with Meta's queue and the bridge. It records the requests that scripts make.

import type { Visitor } from "../support/browsers/browser.ts";
import type { Fbq, PageWindow } from "../e2e/blank.ts";

/** The globals of the page. */
export interface Page extends PageWindow {
  /** The bridge's requests to the worker. `taken` is `false` for those made while `offline` was set. */
  posted: { by: "fetch" | "beacon"; body: string; taken: boolean }[];
  /** The addresses of the page's own beacons. */
  beacons: string[];
  /** `true` if the requests of the bridge to the worker fail as without a network. */
  offline: boolean;
}

/** The path of a page of the shop's origin without the bridge. */
export const ELSEWHERE = "/nothing-here";

/** Opens an address and starts the bridge there, with these attributes on its tag. */
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
        const isOurs = /\/bridge\/events$/.test(String(url));
        if (isOurs) page.posted.push({ by: "beacon", body: body as string, taken: !page.offline });
        else page.beacons.push(String(url));
        // A browser that is offline accepts a beacon, and it is lost.
        return (isOurs && page.offline) || hostsBeacon(url, body);
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
