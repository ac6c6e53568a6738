// The page's `window.analytics`: Segment's snippet, which holds calls, and analytics.js, which takes its place.

import type { Analytics } from "./index.ts";

const page = globalThis as { analytics?: unknown };

/**
 * Calls `use` with the snippet's `window.analytics`, or with analytics.js on a page without the snippet. analytics.js takes
 * over the calls that the snippet holds.
 *
 * A page without analytics.js has no `analytics` from us either: `"analytics" in window` is false. Its snippet adds a
 * script to the document, so looking after each change of the document is soon enough. From then on the property is
 * watched.
 */
export function whenThere(use: (analytics: Analytics) => void): void {
  // A server that renders the page has no document.
  if (typeof document === "undefined") return;
  /** True if the snippet holds our call. analytics.js will take it over. */
  let held = false;
  let last: unknown;

  const look = () => {
    const { analytics } = page;
    if (analytics === last || !isReady(analytics)) return;
    last = analytics;
    // The snippet is a list of held calls.
    const isSnippet = Array.isArray(analytics);
    if (isSnippet || !held) use(analytics);
    held = isSnippet;
  };

  const watch = () => {
    let value = page.analytics;
    if (value === undefined) return;
    observer.disconnect();
    if (Object.getOwnPropertyDescriptor(page, "analytics")?.configurable === false) {
      // A `var analytics` cannot be watched. The snippet or analytics.js has run by then.
      addEventListener("load", look);
    } else {
      Object.defineProperty(page, "analytics", {
        configurable: true,
        enumerable: true,
        get: () => value,
        set(replaced: unknown) {
          value = replaced;
          // The snippet sets the property first and adds its methods later, in the same script.
          queueMicrotask(look);
        },
      });
    }
    look();
  };
  const observer = new MutationObserver(watch);
  observer.observe(document, { childList: true, subtree: true });
  watch();
}

function isReady(analytics: unknown): analytics is Analytics {
  return typeof (analytics as Partial<Analytics> | undefined)?.addSourceMiddleware === "function";
}
