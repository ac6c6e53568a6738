// The pixel's script for any page: in place of Meta's `fbevents.js`, it reports to the sandbox that it came from.

import { takeOver } from "../pixel/stand-in.ts";

const { src = "" } = (document.currentScript ?? {}) as Partial<HTMLScriptElement>;
takeOver(src === "" ? "" : new URL(src).origin, true);
