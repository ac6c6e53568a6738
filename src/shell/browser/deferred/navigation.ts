// Where navigations within the page are seen.

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
  // What happened before this part was there counts, once what was recorded meanwhile has told its addresses.
  setTimeout(changed);
}
