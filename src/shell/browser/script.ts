// The script tag: starts at once, with the settings of its own `data-…` attributes.

import { settingsOf } from "./settings.ts";
import { site } from "./site.ts";
import { run } from "./start.ts";

/** The build names the file after what is in it: no browser puts two versions together. */
declare const DEFERRED: string;

// A tag in SVG has no `src`, a module is no `currentScript`.
const { src, dataset } = (document.currentScript ?? {}) as Partial<HTMLScriptElement>;
const address = new URL(src || "/bridge/", site().location.href);
// A browser remembers by its address what could not be loaded: each try has another.
run(settingsOf(address, dataset), () => import(new URL(`${DEFERRED}#${Date.now()}`, address).href));
