// The way to the worker: events of one moment travel together and outlive the page.

/** An event as the worker takes it from a page: the Conversions API's own shape. */
export interface PageEvent {
  event_name: string;
  /** Unix seconds. */
  event_time: number;
  event_id: string;
  event_source_url: string;
  referrer_url: string;
  user_data: Record<string, unknown>;
  custom_data: Record<string, unknown>;
}

/** How long events are gathered, in milliseconds. */
const TOGETHER_MILLIS = 50;

/** Sends events to one worker. */
export class Delivery {
  readonly #url: string;
  readonly #fetch: typeof fetch;
  readonly #waiting = new Map<string, PageEvent[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `request` is the host's own `fetch`: our own requests are never decorated. */
  constructor(endpoint: string, request: typeof fetch) {
    this.#url = new URL(`${endpoint.replace(/\/$/, "")}/events`, location.href).href;
    this.#fetch = request;
    addEventListener("pagehide", () => this.#send());
  }

  add(datasetId: string, event: PageEvent): void {
    const events = this.#waiting.get(datasetId);
    if (events === undefined) this.#waiting.set(datasetId, [event]);
    else events.push(event);
    this.#timer ??= setTimeout(() => this.#send(), TOGETHER_MILLIS);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [dataset_id, data] of this.#waiting) {
      // As plain text a cross-origin worker is asked at once, without a preflight.
      const request = this.#fetch.call(window, this.#url, {
        method: "POST",
        body: JSON.stringify({ dataset_id, data }),
        headers: { "content-type": "text/plain" },
        credentials: "include",
        keepalive: true,
      });
      // Without the worker the page works as before: the browser's copy has gone its own way.
      request.catch(() => undefined);
    }
    this.#waiting.clear();
  }
}
