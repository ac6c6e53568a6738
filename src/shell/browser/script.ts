// The script tag: starts the bridge with the settings in its `data-…` attributes.

import { settingsOf } from "./settings.ts";
import { site } from "./site.ts";
import { run } from "./start.ts";

/** The file name of the deferred part, with a hash of its content, so that a browser never mixes versions. */
declare const DEFERRED: string;

// A tag in SVG has no `src`. A module has no `currentScript`.
const { src, dataset } = (document.currentScript ?? {}) as Partial<HTMLScriptElement>;
const address = new URL(src || "/bridge/", site().location.href);
// A browser does not load a failed module again from the same address. The fragment makes each try another address.
run(settingsOf(address, dataset), () => import(new URL(`${DEFERRED}#${Date.now()}`, address).href));
