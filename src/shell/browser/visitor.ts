// Reads the visitor's identifiers from the cookies, makes missing ones, and writes new ones.

import { call } from "./binding.ts";
import { random } from "./random.ts";
import { addressesOf } from "./rules/clicks.ts";
import { site } from "./site.ts";

/** The visitor's identifiers; a missing one is absent. */
export interface Identifiers {
  /** The browser id, `_fbp`. */
  fbp?: string;
  /** The last click on an ad, `_fbc`. */
  fbc?: string;
}

let known: { cookies: string; url: string; identifiers: Identifiers } | undefined;
let domain: string | undefined;
let inApp = "";

/** Deletes the visitor's cookies on this host and on all domains above it. */
export function forget(): void {
  const { document, location } = site();
  const labels = location.hostname.split(".");
  const domains = labels.map((_, at) => `; Domain=${labels.slice(at).join(".")}`);
  for (const name of ["_fbp", "_fbc", "_capi_rewritten"]) {
    for (const domain of ["", ...domains]) document.cookie = `${name}=; Max-Age=0; Path=/${domain}`;
  }
}

/**
 * Returns the identifiers as they are now. Computes them only if the cookies, the address, or the click id of the
 * in-app browser (`lent`) have changed.
 */
export function visitor(lent = inApp): Identifiers {
  const { document, location, performance } = site();
  const url = location.href;
  const cookies = document.cookie;
  if (known?.cookies === cookies && known.url === url && lent === inApp) return known.identifiers;
  inApp = lent;

  const host = location.hostname;
  const landing = performance.getEntriesByType("navigation")[0]?.name;
  const from = addressesOf(url, document.referrer, landing, known?.url, cookies);
  const https = Number(location.protocol === "https:");
  const labels = host.split(".");
  let count = 1;
  let candidate, fbp, fbc;
  let written = cookies;
  const write = (...cookies: string[]) => {
    for (const cookie of cookies) document.cookie = cookie;
    // Read the cookies again: other scripts write some too, and a browser that blocks cookies has none.
    written = document.cookie;
  };
  do {
    // Try the widest domain that a cookie could have, then narrower ones, at last the host alone.
    candidate = domain ?? (labels[count++] === undefined ? "" : labels.slice(-count).join("."));
    const page = [...from, cookies, host, candidate, lent].join("\n");
    const lines = call("identifiers", [page], [https, Date.now(), ...random(1)]).split("\n");
    [fbp, fbc] = lines.splice(-2);
    // Most page views write nothing, and need no domain.
    if (!lines[0]) break;
    // A new cookie doubles as the domain probe. To refresh an existing cookie, probe with `_capi_probe`.
    let [sign] = lines[0].split(";") as [string];
    const probes = candidate !== domain && cookies.includes(sign);
    if (probes) sign = `_capi_probe=${Date.now()}`;
    const probe = `${sign}; Path=/; Domain=${candidate}; SameSite=Lax; Max-Age=`;
    if (probes) write(probe + 9);
    else write(...lines);
    if (written.includes(sign)) {
      domain = candidate;
      if (probes) write(probe + 0, ...lines);
    }
  } while (candidate && candidate !== domain);
  known = {
    cookies: written,
    url,
    // Leave out an `fbp` that the browser did not keep: each page view would have another one. The click is in
    // the address.
    identifiers: { ...(fbp && written.includes(fbp) && { fbp }), ...(fbc && { fbc }) },
  };
  return known.identifiers;
}
