// Sends one PageView per navigation and dataset: the page's own if there is one, else the bridge's.

import type { Page } from "../deferred.ts";
import { page as window } from "../pixel.ts";

/**
 * The time that the page has to send a navigation's PageView itself, in milliseconds. It is enough for a
 * router to render and for a redirect. A PageView of the page that comes later is dropped.
 */
const OWN_WITHIN_MILLIS = 300;

/** Keeps track of the datasets that had a PageView since the last navigation. */
export function views({ follows, granted, settings, bridge }: Page) {
  /** The navigation in which each dataset had its last PageView. */
  const seen = new Map<string, number>();
  let navigation = 0;
  let address: string | undefined;
  let timer: ReturnType<typeof setTimeout>;
  /** True if the page itself lets the pixel take several PageViews. */
  let many: unknown;

  const send = () => {
    if (!granted()) return;
    const unseen = [...seen.keys()].filter((dataset) => seen.get(dataset) !== navigation);
    if (settings.pixel !== "drive") {
      for (const dataset of unseen) window.fbq?.("trackSingle", dataset, "PageView");
    } else if (unseen.length > 0) {
      bridge.track("PageView");
    }
  };
  /** Compares the address with the last one. A change is a navigation. */
  const look = (url = location.href) => {
    if (address !== undefined && address !== url) {
      navigation++;
      if (follows()) {
        if (window.fbq !== undefined) window.fbq.allowDuplicatePageViews = true;
        clearTimeout(timer);
        timer = setTimeout(send, OWN_WITHIN_MILLIS);
      }
    }
    address = url;
  };

  return {
    look,
    /**
     * Counts the return from the back/forward cache as a navigation. The pixel sends its own PageView, and
     * the page may.
     */
    returned() {
      navigation++;
    },
    /**
     * Returns the datasets for which this is the first PageView of the navigation. Returns undefined if there
     * are none.
     */
    first(to: string[], url: string): string[] | undefined {
      look(url);
      if (navigation === 0) many = window.fbq?.allowDuplicatePageViews;
      const first = many ? to : to.filter((dataset) => seen.get(dataset) !== navigation);
      if (to.length > 0 && first.length === 0) return undefined;
      for (const dataset of first) seen.set(dataset, navigation);
      return first;
    },
    /**
     * Returns true if the pixel would take a duplicate PageView. Before the first navigation it drops one
     * itself.
     */
    repeats: () => navigation > 0,
  };
}

/** The PageViews of a page. */
export type Views = ReturnType<typeof views>;
