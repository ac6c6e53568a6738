// The page's `window.analytics`: Segment's snippet, which holds calls, and analytics.js, which takes its place.

import type { Analytics } from "./index.ts";

const page = globalThis as { analytics?: unknown };

/**
 * Calls `use` with each `window.analytics` that does not take over what was said to the one before.
 *
 * A page without analytics.js has no `analytics` from us either: `"analytics" in window` is false. Its snippet adds a
 * script to the document, so looking after each change of the document is soon enough. From then on the property is
 * watched.
 */
export function whenThere(use: (analytics: Analytics) => void): void {
  // A server that renders the page has no document.
  if (typeof document === "undefined") return;
  /** The snippet has our call, and analytics.js takes it along. */
  let held = false;
  let last: unknown;

  const look = () => {
    const { analytics } = page;
    if (analytics === last || !isReady(analytics)) return;
    last = analytics;
    // The snippet is a list of the calls that wait.
    const isSnippet = Array.isArray(analytics);
    if (isSnippet || !held) use(analytics);
    held = isSnippet;
  };

  const watch = () => {
    let value = page.analytics;
    if (value === undefined) return;
    observer.disconnect();
    if (Object.getOwnPropertyDescriptor(page, "analytics")?.configurable === false) {
      // A `var analytics` cannot be watched. At the latest the snippet is there by now.
      addEventListener("load", look);
    } else {
      Object.defineProperty(page, "analytics", {
        configurable: true,
        enumerable: true,
        get: () => value,
        set(replaced: unknown) {
          value = replaced;
          // The snippet is there first and gets its methods afterwards, in the same script.
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
