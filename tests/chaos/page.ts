// The page that visitors open: the bridge, a pixel that remembers the ids it was told, and a record of
// what was tracked and when the page was left.

/** The datasets of the page's pixels. */
export const DATASETS = ["1000000001", "1000000002"];
/** What a page tells the driver with. */
export const TELL = "chaosTell";
/** Storage keys that say when a document was left, the document and the time; the value is what it had told. */
export const LEFT = "chaos.left.";

/** What a page tells. */
export type Told =
  | { kind: "opened"; document: string }
  | { kind: "returned"; document: string }
  | {
      kind: "tracked";
      document: string;
      name: string;
      id: string;
      to: string[];
      /** The driver's own number, where it was the driver that tracked. */
      number: string | undefined;
      /** Between these moments, in milliseconds. */
      before: number;
      after: number;
    };

/** How the bridge is set on a page. */
export interface Setting {
  pixel: "mirror" | "drive" | "off";
  /** Whether the tag is loaded beside the page or before it. */
  async: boolean;
}

/** What a page is asked to track. */
export interface Asked {
  number: string;
  name: string;
  how: "fbq" | "single" | "bridge";
  order: boolean;
  customer: boolean;
}

/** What the driver calls in the page. */
export interface ChaosWindow {
  chaos: {
    track(all: Asked[]): void;
    /** Whether the bridge is there. */
    ready(): boolean;
    document: string;
  };
}

/** Everything in it runs in the page: it knows nothing of this file. */
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

  // The mark of a clean departure: written last, so that whoever listens for it has had its turn. With it is what
  // was told: from a page that goes, a word to the driver may come too late.
  const leave = () => localStorage.setItem(`${given.left}${document}.${Date.now()}`, JSON.stringify(said));
  const listen = window.addEventListener;
  window.addEventListener = function (this: Window, ...call: Parameters<typeof listen>) {
    listen.apply(this, call);
    if (call[0] !== "pagehide") return;
    window.removeEventListener("pagehide", leave);
    listen.call(window, "pagehide", leave);
  } as typeof listen;
  listen.call(window, "pagehide", leave);

  // The pixel: it has the ids that the bridge gave, and sends nothing.
  let last: string | undefined;
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
    last = options?.eventID;
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
    track(all: { number: string; name: string; how: string; order: boolean; customer: boolean }[]) {
      for (const { number, name, how, order, customer } of all) {
        if (customer) host.capiBridge?.identify({ email: `visitor-${number}@shop.example` });
        const parameters = {
          number,
          ...(name === "Purchase" && { value: 1, currency: "EUR" }),
          ...(order && { order_id: number }),
        };
        const before = Date.now();
        last = undefined;
        let to = datasets;
        if (how === "bridge") last = host.capiBridge?.track(name, parameters).eventId;
        else if (how === "fbq") host.fbq("track", name, parameters);
        else {
          to = datasets.slice(0, 1);
          host.fbq("trackSingle", to[0], name, parameters);
        }
        if (last) tell({ kind: "tracked", name, id: last, to, number, before, after: Date.now() });
      }
    },
  };
}

/** The page's text. */
export function html({ pixel, async }: Setting): string {
  const given = JSON.stringify({ tell: TELL, left: LEFT, datasets: DATASETS });
  const init = pixel === "off" ? "" : DATASETS.map((dataset) => `fbq("init", "${dataset}");`).join(" ");
  return `<!doctype html><title>A page</title>
<script>(${record.toString()})(${given});</script>
<script src="/bridge/capi-bridge.js" data-datasets="${DATASETS.join(" ")}" data-pixel="${pixel}"${async ? " async" : ""}></script>
<script>${init} fbq("track", "PageView", { number: "page-" + chaos.document });</script>
<p>A page`;
}
