// Asks the in-app browser of Facebook or Instagram for the click id of an ad whose link lost it on the way.

import { lendsClicks } from "../rules/in-app.ts";

/** The message handlers that an app on iOS gives to its pages. */
interface Handlers {
  browserProperties?: { postMessage(property: string): Promise<string> };
}

/**
 * Calls `take` with the click id, once the app has answered. An app may never answer, so no event waits for it.
 *
 * It asks as Meta's client library and its pixel do. (`ebpExtension.js` of the parameter builder)
 */
export function askInAppBrowser(take: (click: string) => unknown): void {
  const { webkit } = window as { webkit?: { messageHandlers?: Handlers } };
  const asked = webkit?.messageHandlers?.browserProperties?.postMessage("clickID");
  // An app without a click id may reject.
  asked?.then(take).catch(() => undefined);
  if (!lendsClicks(navigator.userAgent)) return;
  const request = new XMLHttpRequest();
  request.onload = () => request.status < 300 && take(request.responseText);
  request.open("GET", "properties://browser/clickID");
  request.send();
}
