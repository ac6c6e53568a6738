// The pixel's base snippet: takes calls from the first moment on, loads the pixel's script, reports the view.
//
// As on any page with Meta's pixel, but for the script that it loads: `/pixel-stand-in.js`, which works
// offline and reports to the sandbox. With `?pixel=<dataset id>` it loads Meta's own, for this tab.

interface Fbq {
  (...call: unknown[]): void;
  /** Set by the pixel's script once it is there. */
  callMethod?: (...call: unknown[]) => void;
  queue: ArrayLike<unknown>[];
  push: Fbq;
  loaded: boolean;
  version: string;
}

const DEMO_DATASET = "1234567890";
const page = window as unknown as { fbq?: Fbq; _fbq?: Fbq };
const dataset = realDataset();

if (page.fbq === undefined) {
  const stub = function (): void {
    // `arguments` itself: the queue holds what Meta's script expects there.
    if (stub.callMethod) Reflect.apply(stub.callMethod, stub, arguments);
    else stub.queue.push(arguments);
  } as Fbq;
  page.fbq = stub;
  page._fbq ??= stub;
  stub.push = stub;
  stub.loaded = true;
  stub.version = "2.0";
  stub.queue = [];

  const script = document.createElement("script");
  script.async = true;
  script.src =
    dataset === undefined ? "/pixel-stand-in.js" : "https://connect.facebook.net/en_US/fbevents.js";
  const first = document.getElementsByTagName("script")[0];
  first?.parentNode?.insertBefore(script, first);
}

// By way of the window: that is where the bridge listens.
page.fbq("init", dataset ?? DEMO_DATASET);
page.fbq("track", "PageView");

/** The dataset of `?pixel=…`, remembered for this tab; `?pixel=` forgets it. */
function realDataset(): string | undefined {
  const asked = new URLSearchParams(location.search).get("pixel");
  try {
    if (asked !== null) sessionStorage.setItem("shop.pixel", asked);
    const remembered = sessionStorage.getItem("shop.pixel") ?? "";
    return /^\d+$/.test(remembered) ? remembered : undefined;
  } catch {
    return asked !== null && /^\d+$/.test(asked) ? asked : undefined;
  }
}
