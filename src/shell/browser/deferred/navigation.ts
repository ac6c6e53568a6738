// Observes navigations within the page.

import type { Views } from "./views.ts";

/** Calls `look` whenever the address may have changed, and `returned` when the page comes back from a cache. */
export function followNavigation({ look, returned }: Views): void {
  const changed = () => look();
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation !== undefined) {
    navigation.addEventListener("currententrychange", changed);
  } else {
    for (const name of ["pushState", "replaceState"] as const) {
      const original = history[name];
      history[name] = function (...call) {
        original.apply(this, call);
        look();
      };
    }
    addEventListener("popstate", changed);
  }
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) returned();
  });
  // Look once now: the page may have navigated before this part loaded. The timeout lets held calls come first.
  setTimeout(changed);
}
