// The server copy of a pixel call: the same event id on both sides.

import type { PageEvent } from "./delivery.ts";
import { eventId } from "./event-id.ts";
import type { PixelCall } from "./pixel.ts";
import { visitor } from "./visitor.ts";

type Fields = Record<string, unknown>;

/** Where the name of the event stands in a call. */
const NAME_AT: Record<string, number> = { track: 1, trackCustom: 1, trackSingle: 2, trackSingleCustom: 2 };

/** Gives each tracking call an event id and hands its server copy to `deliver`. */
export class Mirror {
  readonly #deliver: (datasetId: string, event: PageEvent) => void;
  readonly #datasets: string[] | undefined;
  readonly #initialised = new Set<string>();
  /** Options that already carry our id: a wrapper around us calls us twice. */
  readonly #done = new WeakSet<object>();
  /** Events that wait while the pixel's own consent is revoked. */
  #held: [string, PageEvent][] | undefined;
  #limits: Fields = {};

  constructor(datasets: string[] | undefined, deliver: (datasetId: string, event: PageEvent) => void) {
    this.#datasets = datasets;
    this.#deliver = deliver;
  }

  /** The call as the pixel gets it: its own arguments are never changed. */
  call(call: PixelCall): PixelCall {
    const command = String(call[0]);
    const at = Object.hasOwn(NAME_AT, command) ? NAME_AT[command] : undefined;
    if (at === undefined) {
      this.#note(command, call);
      return call;
    }
    const name = call[at];
    const options = asFields(call[at + 2]);
    if (typeof name !== "string" || name === "" || this.#done.has(options)) return call;

    const parameters = asFields(call[at + 1]);
    const id =
      given(options["eventID"] ?? options["event_id"]) ?? eventId(name, given(parameters["order_id"]));
    const withId = { ...options, eventID: id };
    this.#done.add(withId);

    const event = this.#event(name, id, parameters);
    const targets = at === 2 ? [String(call[1])] : this.#initialised;
    for (const dataset of targets) {
      if (this.#datasets?.includes(dataset) === false) continue;
      if (this.#held !== undefined) this.#held.push([dataset, event]);
      else this.#deliver(dataset, event);
    }
    return [...call.slice(0, at + 1), call[at + 1] ?? {}, withId, ...call.slice(at + 3)];
  }

  /** What the pixel is told, the server copy obeys. */
  #note(command: string, call: PixelCall): void {
    if (command === "init") {
      this.#initialised.add(String(call[1]));
    } else if (command === "dataProcessingOptions" && Array.isArray(call[1])) {
      this.#limits = {
        data_processing_options: call[1],
        data_processing_options_country: call[2] ?? 0,
        data_processing_options_state: call[3] ?? 0,
      };
    } else if (command === "consent" && call[1] === "revoke") {
      this.#held ??= [];
    } else if (command === "consent" && call[1] === "grant") {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const [dataset, event] of held) this.#deliver(dataset, event);
    }
  }

  #event(name: string, id: string, parameters: Fields): PageEvent {
    return {
      event_name: name,
      event_time: Math.floor(Date.now() / 1000),
      event_id: id,
      event_source_url: location.href,
      referrer_url: document.referrer,
      user_data: { ...visitor() },
      custom_data: { ...parameters },
      ...this.#limits,
    };
  }
}

function asFields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function given(value: unknown): string | undefined {
  return (typeof value === "string" && value !== "") || typeof value === "number" ? String(value) : undefined;
}
