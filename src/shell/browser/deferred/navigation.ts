// Notices navigations within the page.

import type { Views } from "./views.ts";

/** Looks at the address whenever it may have changed. */
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
  // Look once at the start: the page may have navigated before this part loaded. Held calls come first.
  setTimeout(changed);
}
