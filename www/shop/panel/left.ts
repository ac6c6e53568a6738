// Which events the pixel sent from this page, as the browser itself saw them leave. Nothing is hooked for it.

/** An event that left the page. */
export interface Left {
  datasetId: string;
  eventName: string;
  eventId: string | undefined;
  /** To the sandbox, or to Meta's own servers. */
  toMeta: boolean;
}

/** Calls `onLeft` for each event of this page, those before the call included. */
export function watchLeaving(sandboxUrl: string, onLeft: (event: Left) => void): void {
  if (!("PerformanceObserver" in window)) return;
  const look = (list: PerformanceObserverEntryList) => {
    for (const entry of list.getEntries()) {
      const event = readCall(entry.name, sandboxUrl);
      if (event !== undefined) onLeft(event);
    }
  };
  new PerformanceObserver(look).observe({ type: "resource", buffered: true });
}

/** The event of an image call: `{sandbox}/tr/?id=1234567890&ev=Purchase&eid=…`. */
function readCall(address: string, sandboxUrl: string): Left | undefined {
  if (!URL.canParse(address)) return undefined;
  const { origin, pathname, searchParams } = new URL(address);
  const toMeta = origin === "https://www.facebook.com";
  if (!/^\/tr\/?$/.test(pathname) || !(toMeta || sandboxUrl.startsWith(origin))) return undefined;
  const datasetId = searchParams.get("id");
  const eventName = searchParams.get("ev");
  if (datasetId === null || eventName === null) return undefined;
  return { datasetId, eventName, eventId: searchParams.get("eid") ?? undefined, toMeta };
}
