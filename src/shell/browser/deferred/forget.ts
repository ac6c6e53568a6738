// Deletes the visitor's cookies when consent is withdrawn, on each domain that this host can write to.

import { site } from "../site.ts";

/** Deletes `_fbp` and `_fbc`. */
export function forgetCookies(): void {
  const labels = site().location.hostname.split(".");
  const places = labels.map((_, index) => `; Domain=${labels.slice(index).join(".")}`);
  for (const name of ["_fbp", "_fbc"]) {
    for (const place of ["", ...places]) document.cookie = `${name}=; Max-Age=0; Path=/${place}`;
  }
}
