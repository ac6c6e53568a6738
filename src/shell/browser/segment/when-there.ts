// The page's `window.analytics`: Segment's snippet, which holds calls, and analytics.js, which takes its place.

import type { Analytics } from "./index.ts";

const page = globalThis as { analytics?: unknown };

/** Calls `use` with each `window.analytics` that does not take over what was said to the one before. */
export function whenThere(use: (analytics: Analytics) => void): void {
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

  const declared = Object.getOwnPropertyDescriptor(page, "analytics");
  if (declared?.configurable === false) {
    // `var analytics` of a script before us cannot be watched; what stands there by now is the snippet at least.
    addEventListener("load", look);
  } else {
    let value = page.analytics;
    Object.defineProperty(page, "analytics", {
      configurable: true,
      enumerable: true,
      get: () => value,
      set(replaced: unknown) {
        value = replaced;
        // The snippet stands there first and gets its methods afterwards, in the same script.
        queueMicrotask(look);
      },
    });
  }
  look();
}

function isReady(analytics: unknown): analytics is Analytics {
  return typeof (analytics as Partial<Analytics> | undefined)?.addSourceMiddleware === "function";
}
