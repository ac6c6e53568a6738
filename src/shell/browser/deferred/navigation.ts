// Observes navigations within the page.

import { hook } from "../attach/hook.ts";
import type { Views } from "./views.ts";

/** Calls `look` whenever the address may have changed, and `navigate` when the page comes back from a cache. */
export function followNavigation({ look, navigate }: Views): void {
  const changed = () => look();
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation !== undefined) {
    navigation.addEventListener("currententrychange", changed);
  } else {
    // The address changes once the hook has returned.
    for (const name of ["pushState", "replaceState"]) hook(history, name, () => queueMicrotask(changed));
    addEventListener("popstate", changed);
  }
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) navigate();
  });
  // Look once now: the page may have navigated before this part loaded. The timeout lets held calls come first.
  setTimeout(changed);
}
