// Sends one PageView per navigation and dataset: the page's own if there is one, else the bridge's.

import type { Page } from "../contract.ts";
import { page as window } from "../pixel.ts";
import { pageViews } from "../rules/page-views.ts";
import { site } from "../site.ts";

/**
 * The time that the page has to send a navigation's PageView itself, in milliseconds. It is enough for a
 * router to render and for a redirect. A PageView of the page that comes later is dropped.
 */
const OWN_WITHIN_MILLIS = 300;

/** Keeps track of the datasets that had a PageView since the last navigation. */
export function views({ follows, granted, settings, bridge }: Page) {
  const counted = pageViews();
  let timer: ReturnType<typeof setTimeout>;
  /** True if the page itself lets the pixel take several PageViews. */
  let many = false;

  const send = () => {
    if (!granted()) return;
    const unseen = counted.unseen();
    if (settings.pixel !== "drive") {
      for (const dataset of unseen) window.fbq?.("trackSingle", dataset, "PageView");
    } else if (unseen.length > 0) {
      bridge.track("PageView");
    }
  };
  /** Looks whether the page has navigated, and sends a PageView if the page does not. */
  const look = (url = site().location.href) => {
    if (!counted.hasNavigated(url) || !follows()) return;
    if (window.fbq !== undefined) window.fbq.allowDuplicatePageViews = true;
    clearTimeout(timer);
    timer = setTimeout(send, OWN_WITHIN_MILLIS);
  };

  return {
    ...counted,
    look,
    /**
     * Returns the datasets for which this is the first PageView of the navigation. Returns undefined if there
     * are none.
     */
    first(to: string[], url: string): string[] | undefined {
      look(url);
      if (!counted.isLater()) many = !!window.fbq?.allowDuplicatePageViews;
      return counted.first(to, many);
    },
  };
}

/** The PageViews of a page. */
export type Views = ReturnType<typeof views>;
