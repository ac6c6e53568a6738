// The script tag: starts at once, with the settings of its own `data-…` attributes.

import { settingsOf } from "./settings.ts";
import { type Bridge, start } from "./start.ts";

const script = document.currentScript;
(window as unknown as { capiBridge: Bridge }).capiBridge = start(
  script instanceof HTMLScriptElement ? settingsOf(script) : {},
);
