// Puts the bridge and a pixel's script on the tested site's origin, as a worker before the site does.

import { listen } from "./listen.ts";
import { forward, type Site, siteHandler } from "./site.ts";

/** The parts that the proxy puts on one origin. */
export interface ProxyParts {
  /** The tested site. */
  site: Site;
  /** The bridge. Without one, the site answers its paths. */
  bridge?: { url: string; base: string; origin: string } | undefined;
  /** The sandbox, for `/fbevents.js` and `/tr`. */
  sandbox?: { url: string } | undefined;
}

/** A site with the bridge and the pixel's script on its origin. */
export interface Proxy {
  /** The address to open in the browser. */
  url: string;
  /** Puts other parts in place, at the same address. */
  use(parts: ProxyParts): void;
  stop(): Promise<void>;
}

/**
 * Starts a proxy on loopback. Requests below the bridge's base go to the bridge, `/fbevents.js` and `/tr` to the
 * sandbox, all others to the site.
 *
 * ```ts
 * const { url } = await proxy({ site: "http://localhost:3000", bridge, sandbox });
 * ```
 *
 * @throws {Error} when the site is neither an address, a folder nor a function
 */
export async function proxy(parts: ProxyParts): Promise<Proxy> {
  let now = parts;
  let site = siteHandler(parts.site);
  const listening = await listen((request, address) => {
    const { pathname, origin } = new URL(request.url);
    const { bridge, sandbox } = now;
    if (bridge !== undefined && `${pathname}/`.startsWith(`${bridge.base}/`)) {
      // The bridge was started before the proxy had a port: its own page's origin stands for the proxy's.
      const isOwn = request.headers.get("origin") === origin;
      return forward(request, bridge.url, isOwn ? { origin: bridge.origin } : {});
    }
    if (sandbox !== undefined && ["/fbevents.js", "/tr", "/tr/"].includes(pathname)) {
      return forward(request, sandbox.url);
    }
    return site(request, address);
  });
  return {
    url: listening.url,
    use(parts) {
      site = siteHandler(parts.site);
      now = parts;
    },
    stop: listening.stop,
  };
}
