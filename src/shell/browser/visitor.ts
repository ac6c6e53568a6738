// The visitor's identifiers: read from the cookies, made where they are missing, written when new.

import { identifiers } from "#wasm/browser";
import { random } from "./random.ts";

/** The visitor's identifiers; a missing one is absent. */
export interface Identifiers {
  /** The browser id, `_fbp`. */
  fbp?: string;
  /** The last click on an ad, `_fbc`. */
  fbc?: string;
}

const PROBE = "_capi_probe";

let known: { cookies: string; url: string; identifiers: Identifiers } | undefined;
let domain: string | undefined;
let probed = false;

/** The identifiers as they are now. Cheap to ask again: nothing is computed while nothing changed. */
export function visitor(): Identifiers {
  const url = location.href;
  const cookies = document.cookie;
  if (known?.cookies === cookies && known.url === url) return known.identifiers;

  const host = location.hostname;
  if (!probed) {
    domain = probe(host);
    probed = true;
  }
  const page = [url, document.referrer, cookies, host, domain ?? ""].join("\n");
  const lines = identifiers(page, location.protocol === "https:", Date.now(), random()).split("\n");
  const [fbp, fbc] = lines.splice(-2);
  for (const cookie of lines) document.cookie = cookie;
  known = {
    // Read back: another writer's cookies may have changed too.
    cookies: lines.length > 0 ? document.cookie : cookies,
    url,
    identifiers: { ...(fbp && { fbp }), ...(fbc && { fbc }) },
  };
  return known.identifiers;
}

/** The widest domain that keeps a cookie of this page, found with a short-lived one of our own. */
function probe(host: string): string | undefined {
  const value = `${PROBE}=${Date.now()}`;
  for (let dot = host.lastIndexOf("."); dot > 0;) {
    dot = host.lastIndexOf(".", dot - 1);
    const candidate = host.slice(dot + 1);
    const place = `; Path=/; SameSite=Lax; Domain=${candidate}`;
    document.cookie = `${value}; Max-Age=9${place}`;
    if (document.cookie.includes(value)) {
      document.cookie = `${PROBE}=; Max-Age=0${place}`;
      return candidate;
    }
  }
  return undefined;
}
