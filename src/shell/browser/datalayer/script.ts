// The script tag: connects `dataLayer` to the bridge of the other tag. Its `data-…` attributes are the
// options.

import type { Bridge } from "../start.ts";
import { warn } from "../warn.ts";
import { type DataLayerOptions, listen } from "./index.ts";

/**
 * The changes of the table from the worker's configuration, as JSON. The worker writes it before the script.
 */
declare const CAPI_BRIDGE_MAPPINGS: string | undefined;

const { dataset } = (document.currentScript ?? {}) as Partial<HTMLScriptElement>;
const { capiBridge } = window as { capiBridge?: Bridge };
const mappings = typeof CAPI_BRIDGE_MAPPINGS === "string" ? JSON.parse(CAPI_BRIDGE_MAPPINGS) : {};
if (capiBridge === undefined) warn("no bridge to listen for: the tag of capi-bridge.js comes first.");
else listen(capiBridge, { ...(dataset as DataLayerOptions), mappings: mappings as object });
