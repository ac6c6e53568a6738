// Every tracking call gets one id and is recorded: the page's calls of the pixel, and those of `track()`.

import { eventId } from "./event-id.ts";
import { page, type PixelCall } from "./pixel.ts";
import type { Fields, Recorded } from "./record.ts";
import { sentBefore } from "./sent-before.ts";

/** What a caller of `track()` knows of an event. */
export interface Tracked {
  /** The event's id, 1 to 256 characters, the same on both sides. Default: the order's, else a random one. */
  eventId?: string | undefined;
  /** The order it is about: the same name and order give the same id, and a Purchase goes out once. */
  orderId?: string | number | undefined;
  /** Whether the pixel is called too, but for the setting `"off"`. Default: with the setting `"drive"` alone. */
  pixel?: boolean | undefined;
}

/** What is decided for all calls. */
export interface Surroundings {
  /** Whether the page's own calls are events of ours. */
  mirrors: boolean;
  /** Whether Global Privacy Control asks for limited data use. */
  limited: boolean | undefined;
  /** Whether storage may be read now. */
  granted(): unknown;
  /** The pixel's own consent. */
  consent(word: unknown): void;
  /** Whether the pixel keeps cookies. */
  keepsCookies(kept: unknown): void;
  /** Takes what was recorded; true when it came before and must not go out again. */
  tell(recorded: Recorded): unknown;
}

/** Limited data use, wherever Meta finds the visitor to be. */
export const LIMIT: PixelCall = ["dataProcessingOptions", ["LDU"], 0, 0];

/** Sees all calls. */
export function mirror({ mirrors, limited, granted, consent, keepsCookies, tell }: Surroundings) {
  const datasets = new Set<string>();
  const prepared = new Map<string, string>();
  /** Options that already carry our id: a wrapper around us calls us twice, and the deferred part once. */
  const done = new WeakSet<object>();
  let limits = limited ? LIMIT : undefined;
  /** Whether the page said that PageViews of navigations are its own to send. */
  let own: unknown;

  const record = (call: PixelCall, to: string[], more?: Partial<Recorded>) =>
    tell({
      // What it is now, whatever the page does with it afterwards.
      call: JSON.parse(JSON.stringify(call)) as PixelCall,
      to,
      millis: Date.now(),
      url: location.href,
      limits,
      ...more,
    });

  /** Records an event; true when it went out before. */
  const event = (
    call: PixelCall,
    to: string[],
    given: string | undefined,
    orderId: string | undefined,
    drives = false,
  ): [id: string, repeated: unknown] => {
    const name = String(call[1]);
    given ??= prepared.get(name);
    const id = given ?? eventId(name, orderId);
    prepared.delete(name);
    const named = orderId ? eventId(name, orderId) : given;
    const order = name === "Purchase" && named && named + String(to);
    if (order && granted() && sentBefore(order)) return [id, true];
    return [id, record(call, to, { id, drives, order: !granted() && order })];
  };

  return {
    /** The calls that the pixel gets in place of this one; the page's own arguments are never changed. */
    call(call: PixelCall): PixelCall[] {
      const [command, first] = call;
      const [tracks, single, custom = ""] = /^track(Single)?(Custom)?$/.exec(command as string) ?? [];
      if (tracks === undefined) {
        if (command === "init") {
          datasets.add(String(first));
          watch();
          record(["init", , call[2]], [String(first)]);
          if (limited) return [LIMIT, call];
        } else if (command === "consent") {
          consent(first);
        } else if (first === "firstPartyCookies") {
          keepsCookies(call[2]);
        } else if (command === "dataProcessingOptions" && Array.isArray(first)) {
          if (limited && first.length === 0) return [];
          limits = call;
        }
        return [call];
      }
      const at = single ? 2 : 1;
      const name = call[at];
      const parameters = fields(call[at + 1]);
      const options = fields(call[at + 2]);
      if (!mirrors || typeof name !== "string" || done.has(options)) return [call];

      const given = text(options["eventID"] ?? options["event_id"]);
      const to = single ? [String(first)] : [...datasets];
      const [eventID, repeated] = event(
        [`track${custom}`, name, parameters],
        to,
        given,
        text(parameters["order_id"]),
      );
      if (repeated) return [];
      const withId = { ...options, eventID };
      done.add(withId);
      return [[...call.slice(0, at + 1), call[at + 1] ?? {}, withId, ...call.slice(at + 3)]];
    },

    /** An event of `track()`. */
    track(name: string, parameters: Fields, { eventId: given, orderId, pixel }: Tracked): string {
      const order = text(orderId ?? parameters["order_id"]);
      const call = ["", name, { ...parameters, ...(order && { order_id: order }) }];
      return event(call, [...datasets], text(given), order, pixel ?? !mirrors)[0];
    },

    /** What is known of the customer, whatever the dataset. */
    identify(customer: Fields, to: string[] = []) {
      record(["init", , customer], to);
    },

    /** The id of an event that another library tracks, where it was prepared or is about an order. */
    idOf(name: string, orderId: unknown): string | undefined {
      const order = text(orderId);
      const id = prepared.get(name) ?? (order && eventId(name, order));
      prepared.delete(name);
      return id;
    },

    /** An id for an event that is tracked later. */
    prepare(name: string, { eventId: given, orderId }: Tracked): string {
      const id = text(given) ?? eventId(name, text(orderId));
      prepared.delete(name);
      prepared.set(name, id);
      return id;
    },

    /** The id for a request: that of the event last prepared, else one of its own. */
    upcoming: () => [...prepared.values()].at(-1) ?? eventId(""),

    /** Whether PageViews of navigations are ours to send. */
    follows: () => !own,

    /** Options of calls that are recorded already. */
    done,
  };

  /** Meta's script is told before it starts, the only time it asks: PageViews of navigations are ours. */
  function watch(): void {
    const { fbq } = page;
    if (fbq === undefined || (own ??= fbq.disablePushState ?? false)) return;
    Object.defineProperty(fbq, "disablePushState", {
      configurable: true,
      get: () => true,
      set: (said: unknown) => (own = said),
    });
  }
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** A text or number that names something. */
function text(value: unknown): string | undefined {
  return (typeof value === "string" && value !== "") || typeof value === "number" ? String(value) : undefined;
}
