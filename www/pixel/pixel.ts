// Carries out the commands of `fbq`.

import type { Hit } from "./hit.ts";

type Fields = Record<string, unknown>;

/** The command that stands for a navigation in the queue. */
const NAVIGATED = Symbol("navigated");

interface Dataset {
  userData: Record<string, string>;
  eventCount: number;
  pageViewSent: boolean;
}

/** The functions that the pixel needs from its page. */
export interface Surrounding {
  send(hit: Hit): void;
  /** Holds a call until there is consent. */
  hold(call: unknown[]): void;
  /** Returns the held calls, as there is consent now. */
  release(): void;
  allowsDuplicatePageViews(): boolean;
  nowMillis(): number;
}

/** The pixel. It takes the page's calls. */
export class Pixel {
  readonly #around: Surrounding;
  readonly #datasets = new Map<string, Dataset>();
  #initTimeMillis = -1;
  #limits: Hit["limits"];
  #revoked = false;

  constructor(around: Surrounding) {
    this.#around = around;
  }

  /** Carries out one call: a command and its arguments. */
  call(call: unknown[]): void {
    const [command, first, second, third, fourth] = call;
    if (command === "consent") return this.#consent(first);
    if (this.#revoked) return this.#around.hold(call);
    switch (command) {
      case NAVIGATED:
        return this.navigated();
      case "init":
        return this.#init(first, second);
      case "track":
        return this.#track([...this.#datasets.keys()], 0, first, second, third);
      case "trackCustom":
        return this.#track([...this.#datasets.keys()], 4, first, second, third);
      case "trackSingle":
        return this.#track([String(first)], 1, second, third, fourth);
      case "trackSingleCustom":
        return this.#track([String(first)], 2, second, third, fourth);
      case "dataProcessingOptions":
        this.#limits = Array.isArray(first)
          ? { options: first.map(String), country: Number(second ?? 0), state: Number(third ?? 0) }
          : undefined;
    }
    // `set` and the internal commands are taken, and change nothing here.
  }

  /** Sends a PageView for each dataset after the address has changed, as Meta's script does by itself. */
  navigated(): void {
    // Meta's script takes it as a call, so it waits for consent as well. Its event is sent each time, and has no id.
    if (this.#revoked) return this.#around.hold([NAVIGATED]);
    for (const [datasetId, dataset] of this.#datasets) {
      dataset.pageViewSent = true;
      this.#send(datasetId, dataset, 4, "PageView", {}, undefined);
    }
  }

  /** Returns the ids of the datasets that the page has initialised. */
  datasetIds(): string[] {
    return [...this.#datasets.keys()];
  }

  #consent(wish: unknown): void {
    if (wish === "revoke") this.#revoked = true;
    if (wish !== "grant" || !this.#revoked) return;
    this.#revoked = false;
    this.#around.release();
  }

  #init(id: unknown, userData: unknown): void {
    if (this.#initTimeMillis < 0) this.#initTimeMillis = this.#around.nowMillis();
    const given = hashed(fields(userData));
    const known = this.#datasets.get(String(id));
    if (known === undefined) {
      this.#datasets.set(String(id), { userData: given, eventCount: 0, pageViewSent: false });
    } else if (Object.keys(known.userData).length === 0) {
      // A second init counts only if the first brought no customer data.
      known.userData = given;
    }
  }

  #track(ids: string[], callType: number, name: unknown, parameters: unknown, options: unknown): void {
    const { eventID, event_id } = fields(options);
    const eventId = eventID ?? event_id;
    for (const datasetId of ids) {
      const dataset = this.#datasets.get(datasetId);
      if (dataset === undefined || typeof name !== "string" || name === "") continue;
      if (name === "PageView") {
        if (dataset.pageViewSent && !this.#around.allowsDuplicatePageViews()) continue;
        dataset.pageViewSent = true;
      }
      const given = typeof eventId === "string" || typeof eventId === "number" ? String(eventId) : undefined;
      this.#send(datasetId, dataset, callType, name, fields(parameters), given);
    }
  }

  #send(
    datasetId: string,
    dataset: Dataset,
    callType: number,
    eventName: string,
    customData: Fields,
    eventId: string | undefined,
  ): void {
    this.#around.send({
      datasetId,
      eventName,
      callType,
      customData,
      userData: dataset.userData,
      eventId,
      eventCount: dataset.eventCount++,
      initTimeMillis: this.#initTimeMillis,
      limits: this.#limits,
    });
  }
}

/** Leaves out values that are not hashed, so that nothing raw is sent. Meta's script would hash them. */
function hashed(userData: Fields): Record<string, string> {
  const is = (entry: [string, unknown]): entry is [string, string] =>
    typeof entry[1] === "string" && /^[0-9a-f]{64}$/i.test(entry[1]);
  return Object.fromEntries(Object.entries(userData).filter(is));
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
