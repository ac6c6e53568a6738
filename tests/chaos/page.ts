// The page that visitors open: the bridge, a pixel that remembers event ids, and a record of the
// tracked events and of the departure.

/** The datasets of the page's pixels. */
export const DATASETS = ["1000000001", "1000000002"];
/** The name of the function with which a page reports to the driver. */
export const TELL = "chaosTell";
/** Prefix of the storage keys for clean departures: document and time follow. The value has the reports. */
export const LEFT = "chaos.left.";

/** A report of a page to the driver. */
export type Told =
  | { kind: "opened"; document: string }
  | { kind: "returned"; document: string }
  | {
      kind: "tracked";
      document: string;
      name: string;
      id: string;
      to: string[];
      /** The number in the event's parameters: from the driver, or from the page for its first PageView. */
      number: string | undefined;
      /** The event was tracked between these two times, in milliseconds. */
      before: number;
      after: number;
      /** `true` if the event was in storage when its page was left. Only in the reports that the page stores then. */
      isStored?: boolean;
    };

/** The settings of the bridge on a page. */
export interface Setting {
  pixel: "mirror" | "drive" | "off";
  /** `true` if the tag has the attribute `async`. */
  async: boolean;
}

/** An event that the driver asks a page to track. */
export interface Asked {
  name: string;
  how: "fbq" | "single" | "bridge";
  /** The parameters, one of which is the driver's number. */
  parameters: { number: string } & Record<string, unknown>;
  /** The event id that the page gives. */
  eventId?: string | undefined;
  /** The customer information that the page gives first. */
  customer?: object | undefined;
}

/** The functions that the driver calls in the page. */
export interface ChaosWindow {
  chaos: {
    /** Tracks events. They are the JSON of a list of `Asked`, because the driver's protocol carries no half emoji. */
    track(all: string): void;
    /** Returns whether the bridge's script has run. */
    ready(): boolean;
    /** Returns the number of events that wait in the browser's storage. */
    waiting(): number;
    document: string;
  };
}

/** Runs in the page. The page gets its source as text, so it may use nothing else of this file. */
function record(given: { tell: string; left: string; datasets: string[] }): void {
  const host = window as unknown as Record<string, unknown> & {
    fbq: ((...call: unknown[]) => void) & Record<string, unknown>;
    capiBridge?: {
      track(name: string, parameters: object, options?: object): { eventId: string };
      identify(customer: object): void;
    };
  };
  const { datasets } = given;
  const document = crypto.getRandomValues(new Uint32Array(3)).join("-");
  /** Returns a text as the network carries it: half an emoji becomes U+FFFD. */
  const onTheWire = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text));
  const said: object[] = [];
  const tell = (told: object) => {
    const each = { document, ...told };
    said.push(each);
    void (host[given.tell] as (told: object) => unknown)(each);
  };
  tell({ kind: "opened" });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) tell({ kind: "returned" });
  });

  // Marks a clean departure. It is the last listener of `pagehide`, so that the bridge's listeners run first.
  // It stores the reports too, because those of a page that goes away may not reach the driver.
  const leave = () => {
    const kept = Object.entries(localStorage as Record<string, string>)
      .filter(([key]) => key.startsWith("capi-bridge."))
      .join();
    const told = said.map((each) => ({
      ...each,
      isStored: kept.includes((each as { id?: string }).id ?? " "),
    }));
    localStorage.setItem(`${given.left}${document}.${Date.now()}`, JSON.stringify(told));
  };
  const listen = window.addEventListener;
  window.addEventListener = function (this: Window, ...call: Parameters<typeof listen>) {
    listen.apply(this, call);
    if (call[0] !== "pagehide") return;
    window.removeEventListener("pagehide", leave);
    listen.call(window, "pagehide", leave);
  } as typeof listen;
  listen.call(window, "pagehide", leave);

  // The pixel. It remembers the ids that the bridge gave it, and sends nothing.
  let last: string | undefined;
  /** The page's own options of a call. The bridge replaces them by a copy. Without it they reach the pixel. */
  let own: object | undefined;
  const started: string[] = [];
  const fbq = ((...call: unknown[]) => {
    const [command, ...rest] = call as [string, ...unknown[]];
    if (command === "init") started.push(String(rest[0]));
    const single = command.startsWith("trackSingle");
    if (!command.startsWith("track")) return;
    const [name, parameters, options] = (single ? rest.slice(1) : rest) as [
      string,
      { number?: string }?,
      { eventID?: string }?,
    ];
    last = options === own ? undefined : options?.eventID;
    if (name !== "PageView" || last === undefined) return;
    const now = Date.now();
    const to = single ? [String(rest[0])] : [...started];
    tell({ kind: "tracked", name, id: last, to, number: parameters?.number, before: now - 1000, after: now });
  }) as typeof host.fbq;
  Object.assign(fbq, {
    callMethod: fbq,
    queue: [],
    getState: () => ({ pixels: started.map((id) => ({ id })) }),
  });
  host.fbq = fbq;

  host["chaos"] = {
    document,
    ready: () => host.capiBridge !== undefined,
    waiting: () => Object.keys(localStorage).filter((key) => key.startsWith("capi-bridge.event.")).length,
    track(all: string) {
      for (const { name, how, parameters, eventId, customer } of JSON.parse(all) as Asked[]) {
        if (customer !== undefined) host.capiBridge?.identify(customer);
        const before = Date.now();
        last = undefined;
        let to = datasets;
        own = eventId === undefined ? undefined : { eventID: eventId };
        const options = own === undefined ? [] : [own];
        if (how === "bridge") last = host.capiBridge?.track(name, parameters, { eventId }).eventId;
        else if (how === "fbq") host.fbq("track", name, parameters, ...options);
        else {
          to = datasets.slice(0, 1);
          host.fbq("trackSingle", to[0], name, parameters, ...options);
        }
        if (last === undefined || last === "") continue;
        tell({
          kind: "tracked",
          name: onTheWire(name),
          id: onTheWire(last),
          to,
          number: parameters.number,
          before,
          after: Date.now(),
        });
      }
    },
  };
}

/** Returns the page's HTML. */
export function html({ pixel, async }: Setting): string {
  const given = JSON.stringify({ tell: TELL, left: LEFT, datasets: DATASETS });
  const init = pixel === "off" ? "" : DATASETS.map((dataset) => `fbq("init", "${dataset}");`).join(" ");
  return `<!doctype html><title>A page</title>
<script>(${record.toString()})(${given});</script>
<script src="/bridge/capi-bridge.js" data-datasets="${DATASETS.join(" ")}" data-pixel="${pixel}"${async ? " async" : ""}></script>
<script>${init} fbq("track", "PageView", { number: "page-" + chaos.document });</script>
<p>A page`;
}
