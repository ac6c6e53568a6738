// One PageView per navigation and dataset: the page's own where it sends one, else ours.

import type { Page } from "../deferred.ts";
import { page as window } from "../pixel.ts";

/**
 * How long the page has to send a navigation's PageView itself, in milliseconds. Long enough for a router
 * to render and for a redirect to follow; whoever is later than this meets ours, and its own is dropped.
 */
const OWN_WITHIN_MILLIS = 300;

/** Knows which datasets had a PageView since the last navigation. */
export function views({ follows, granted, settings, bridge }: Page) {
  /** The navigation in which each dataset had its last PageView. */
  const seen = new Map<string, number>();
  let navigation = 0;
  let address: string | undefined;
  let timer: ReturnType<typeof setTimeout>;
  /** Whether the page itself lets the pixel take many PageViews. */
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
  /** The page is at this address: where it was another, that was a navigation. */
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
    /** A return to a page that was kept: the pixel reports it itself, and the page may. */
    returned() {
      navigation++;
    },
    /** Of these datasets, those for which it is the first PageView at this address; undefined when all have had it. */
    first(to: string[], url: string): string[] | undefined {
      look(url);
      if (navigation === 0) many = window.fbq?.allowDuplicatePageViews;
      const first = many ? to : to.filter((dataset) => seen.get(dataset) !== navigation);
      if (to.length > 0 && first.length === 0) return undefined;
      for (const dataset of first) seen.set(dataset, navigation);
      return first;
    },
    /** Whether the pixel would take a second PageView; before any navigation it drops it itself. */
    repeats: () => navigation > 0,
  };
}

/** What is known of PageViews. */
export type Views = ReturnType<typeof views>;
