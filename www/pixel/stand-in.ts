// Stands in for Meta's `fbevents.js`, which cannot be loaded offline, and reports to the sandbox's `/tr`.
//
// It keeps Meta's queue contract (`callMethod`, `queue`, `push`, `loaded`, `version`), the datasets in `getState()` and
// the parameters of an image call. It does not: write `_fbp` or `_fbc` (the real one does), hash customer data, read forms,
// check names and values, or send long calls as a form or beacon.

import { query } from "./hit.ts";
import { Pixel } from "./pixel.ts";

interface Fbq {
  (...call: unknown[]): void;
  callMethod?: (...call: unknown[]) => void;
  queue?: ArrayLike<unknown>[];
  version?: string;
  allowDuplicatePageViews?: boolean;
  disablePushState?: boolean;
  getState?: () => { pixels: { id: string }[] };
}

const VERSION = "stand-in";

/**
 * Takes the page's `fbq` over, as Meta's script does; reports to the sandbox at this address, if there is one. Sends a
 * PageView when the address changes, if `followsHistory` says so and the page has not set `disablePushState`.
 */
export function takeOver(endpoint: string, followsHistory = false): void {
  const { fbq } = window as unknown as { fbq?: Fbq };
  if (fbq === undefined || fbq.callMethod !== undefined) return;
  const queue = (fbq.queue ??= []);
  /** Pictures that are loading: nothing else keeps them. */
  const loading = new Set<HTMLImageElement>();

  const pixel = new Pixel({
    send(hit) {
      if (endpoint === "") return;
      const image = new Image(1, 1);
      loading.add(image);
      image.onload = image.onerror = () => loading.delete(image);
      image.src = `${endpoint}/tr/?${query(hit, surroundings())}`;
    },
    hold: (call) => queue.push(call),
    release: drain,
    allowsDuplicatePageViews: () => fbq.allowDuplicatePageViews === true,
    nowMillis: Date.now,
  });

  /** In order, and only what waits now: while consent is revoked each call comes back into the queue. */
  function drain(): void {
    for (const call of queue.splice(0)) pixel.call(Array.from(call));
  }

  fbq.version = VERSION;
  fbq.getState = () => ({ pixels: pixel.datasetIds().map((id) => ({ id })) });
  fbq.callMethod = (...call) => pixel.call(call);
  drain();
  // Meta's script reads it once.
  if (followsHistory && fbq.disablePushState !== true) followHistory(() => pixel.navigated());
}

/** Calls `navigated` after each change of the address, once per address. */
function followHistory(navigated: () => void): void {
  let address = location.href;
  const look = () => {
    if (location.href === address) return;
    address = location.href;
    navigated();
  };
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = function (...call: Parameters<History["pushState"]>) {
      original.apply(this, call);
      look();
    };
  }
  addEventListener("popstate", look);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) look();
  });
}

function surroundings() {
  return {
    url: location.href,
    referrer: document.referrer,
    inFrame: window.top !== window,
    nowMillis: Date.now(),
    screen,
    version: VERSION,
    fbp: cookie("_fbp"),
    fbc: cookie("_fbc"),
  };
}

/** The first cookie of this name, as it stands there. */
function cookie(name: string): string | undefined {
  const found = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}
