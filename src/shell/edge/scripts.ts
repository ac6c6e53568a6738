// Serves the scripts that a page loads: the main script, its parts, the adapters for consent platforms and
// Segment, and the listener to its dataLayer.

import google from "#dist/capi-bridge-consent-google.js";
import gpp from "#dist/capi-bridge-consent-gpp.js";
import tcf from "#dist/capi-bridge-consent-tcf.js";
import countries from "#dist/capi-bridge-countries.js";
import customer from "#dist/capi-bridge-customer.js";
import datalayer from "#dist/capi-bridge-datalayer.js";
import details from "#dist/capi-bridge-details.js";
import deferred from "#dist/capi-bridge-deferred.js";
import genders from "#dist/capi-bridge-genders.js";
import retry from "#dist/capi-bridge-retry.js";
import segment from "#dist/capi-bridge-segment.js";
import states from "#dist/capi-bridge-states.js";
import problems from "#dist/capi-bridge-problems.js";
import script from "#dist/capi-bridge.js";
import { json } from "./answer.ts";

/** The scripts, by their path below the base. */
const SCRIPTS: Record<string, string> = {
  "/capi-bridge.js": script,
  "/capi-bridge-customer.js": customer,
  "/capi-bridge-deferred.js": deferred,
  "/capi-bridge-retry.js": retry,
  "/capi-bridge-details.js": details,
  "/capi-bridge-problems.js": problems,
  "/capi-bridge-datalayer.js": datalayer,
  "/capi-bridge-countries.js": countries,
  "/capi-bridge-genders.js": genders,
  "/capi-bridge-states.js": states,
  "/capi-bridge-consent-google.js": google,
  "/capi-bridge-consent-gpp.js": gpp,
  "/capi-bridge-consent-tcf.js": tcf,
  "/capi-bridge-segment.js": segment,
};
/** The longest time that a browser caches a script, in seconds: an hour. */
const SCRIPT_MAX_AGE_SECONDS = 3600;

/** Returns the script at a path, if there is one. `mappings` returns the configuration's GA4 mappings. */
export function scriptAt(pathname: string, base: string, mappings: () => string): string | undefined {
  const name = pathname.startsWith(base) ? pathname.slice(base.length) : "";
  const script = Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : undefined;
  return script === datalayer ? listener(mappings()) : script;
}

let last = { mappings: "{}", script: datalayer };

/** Returns the listener with the worker's mappings. It reads them from `CAPI_BRIDGE_MAPPINGS`. */
function listener(mappings: string): string {
  if (last.mappings !== mappings) {
    // In ASCII, as all scripts: a proxy may serve it in any charset.
    const text = JSON.stringify(mappings).replace(
      /[^\0-\x7f]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    const script = `(CAPI_BRIDGE_MAPPINGS=>{${datalayer}})(${text});`;
    last = { mappings, script };
  }
  return last.script;
}

const tags = new Map<string, Promise<string>>();

/** Answers with a script. */
export async function serveScript(request: Request, script: string): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return json(405, { error: "expected GET" }, [["allow", "GET, HEAD"]]);
  }
  const tag = tags.get(script) ?? entityTag(script);
  tags.set(script, tag);
  const etag = await tag;
  const headers = {
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": `public, max-age=${SCRIPT_MAX_AGE_SECONDS}`,
    // A page of another origin imports a part as a module, which needs CORS.
    "access-control-allow-origin": "*",
    etag,
  };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  return new Response(request.method === "HEAD" ? null : script, { headers });
}

async function entityTag(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const hex = [...new Uint8Array(digest, 0, 8)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `"${hex.join("")}"`;
}
