// The visitor's identifiers: read from the cookies, made where they are missing, written when new.

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

/** The identifiers as they are now. Cheap to ask again: nothing is computed while nothing changed. */
export function visitor(): Identifiers {
  const { document, location, performance } = site();
  const url = location.href;
  const cookies = document.cookie;
  if (known?.cookies === cookies && known.url === url) return known.identifiers;

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
    // Read back: another writer's cookies may have changed too, and where cookies are blocked there are none.
    written = document.cookie;
  };
  do {
    // The widest domain that a cookie could have, then narrower ones; where none is left, the host alone.
    candidate = domain ?? (labels[count++] === undefined ? "" : labels.slice(-count).join("."));
    const page = [...from, cookies, host, candidate].join("\n");
    const lines = call("identifiers", [page], [https, Date.now(), ...random(1)]).split("\n");
    [fbp, fbc] = lines.splice(-2);
    // Most views write nothing, and need not know where cookies are kept.
    if (!lines[0]) break;
    // A cookie that is new tells by itself whether it is kept there; where one is written again, our own does.
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
    // An fbp that is gone with the page would make a stranger of each view; the click is in the address.
    identifiers: { ...(fbp && written.includes(fbp) && { fbp }), ...(fbc && { fbc }) },
  };
  return known.identifiers;
}
