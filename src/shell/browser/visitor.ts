// The visitor's identifiers: read from the cookies, made where they are missing, written when new.

import { call } from "./binding.ts";
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

/** The identifiers as they are now. Cheap to ask again: nothing is computed while nothing changed. */
export function visitor(): Identifiers {
  const url = location.href;
  const cookies = document.cookie;
  if (known?.cookies === cookies && known.url === url) return known.identifiers;

  const host = location.hostname;
  // A router may have tidied the address on which the visit began, while consent was pending or before our script.
  const landing = known ? "" : `#${performance.getEntriesByType("navigation")[0]?.name}`;
  // The click of an address counts once: since then another tab may have had a newer one.
  const taken = known?.url === url && cookies.includes("_fbc=");
  const from = taken ? ["", ""] : [url + landing, document.referrer];
  const https = Number(location.protocol === "https:");
  const ask = (domain: string) => {
    const page = [...from, cookies, host, domain].join("\n");
    return call("identifiers", [page], [https, Date.now(), ...random(1)]).split("\n");
  };
  // Most views write nothing, and need not know where cookies are kept.
  let lines = ask(domain ?? host);
  if (lines[2] !== undefined) lines = ask((domain ??= probe(host)));
  const [fbp, fbc] = lines.splice(-2);
  for (const cookie of lines) document.cookie = cookie;
  // Read back: another writer's cookies may have changed too, and where cookies are blocked there are none.
  const written = document.cookie;
  known = {
    cookies: written,
    url,
    // An fbp that is gone with the page would make a stranger of each view; the click is in the address.
    identifiers: { ...(fbp && written.includes(fbp) && { fbp }), ...(fbc && { fbc }) },
  };
  return known.identifiers;
}

/** The widest domain that keeps a cookie of this page, found with a short-lived one of our own; empty where none does. */
function probe(host: string): string {
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
  return "";
}
