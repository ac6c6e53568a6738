// Gives each tracking call one event id and records it: the page's calls of the pixel, and calls of
// `track()`.

import { eventId } from "./event-id.ts";
import { page, type PixelCall } from "./pixel.ts";
import type { Fields, Recorded } from "./record.ts";
import { idOf, textOf } from "./rules/event-ids.ts";
import { fieldsOf, readCall } from "./rules/pixel-call.ts";
import { sentBefore } from "./sent-before.ts";
import { site } from "./site.ts";

/** The options of an event. */
export interface Tracked {
  /** The event id of both copies, 1 to 256 characters. Default: derived from the order, else random. */
  eventId?: string | undefined;
  /** The order of the event. The same name and order give the same id, and a Purchase is sent once. */
  orderId?: string | number | undefined;
  /**
   * True to call the pixel, too, unless the setting is `"off"`. Default: true only with the setting
   * `"drive"`.
   */
  pixel?: boolean | undefined;
}

/** The state and functions that all calls share. */
export interface Surroundings {
  /** True if the page's own calls of the pixel are mirrored. */
  mirrors: boolean;
  /** True if the visitor has Global Privacy Control and the setting is `"limit"`. */
  limited: boolean | undefined;
  /** Returns true if storage may be read now. */
  granted(): boolean;
  /** Takes the word of the pixel's `consent` command. */
  consent(word: unknown): void;
  /** Takes the pixel's setting `firstPartyCookies`. A page may give any value. It counts if it is truthy, as in Meta's script. */
  keepsCookies(kept: boolean): void;
  /** Takes a recorded call. Returns true for a duplicate, which must not reach the pixel. */
  tell(recorded: Recorded): boolean;
}

/**
 * The options that have an id of the bridge. A wrapper around `fbq` calls the bridge twice, the deferred part
 * once, and a bridge that starts again finds the calls of the one before.
 */
export const done = new WeakSet<object>();

/** The pixel call for limited data use. The zeros let Meta find the visitor's country and state. */
export const LIMIT: PixelCall = ["dataProcessingOptions", ["LDU"], 0, 0];

/** Records calls. Returns the functions that take them. */
export function mirror({ mirrors, limited, granted, consent, keepsCookies, tell }: Surroundings) {
  const datasets = new Set<string>();
  const prepared = new Map<string, string>();
  let limits = limited ? LIMIT : undefined;
  /** True if the page sends the PageViews of navigations itself. */
  let own: boolean | undefined;

  const record = (call: PixelCall, to: string[], more?: Partial<Recorded>) =>
    tell({
      // Copied, because the page may change its arguments later.
      call: JSON.parse(JSON.stringify(call)) as PixelCall,
      to,
      millis: Date.now(),
      url: site().location.href,
      limits,
      ...more,
    });

  /** Records an event. Returns its id, and true if it was sent before. */
  const event = (
    call: PixelCall,
    to: string[],
    given: string | undefined,
    orderId: string | undefined,
    drives = false,
  ): [id: string, isRepeated: boolean] => {
    const name = String(call[1]);
    const [id, once] = idOf(name, given ?? prepared.get(name), orderId, eventId);
    prepared.delete(name);
    const order = once && once + String(to);
    if (order && granted() && sentBefore(order)) return [id, true];
    return [id, record(call, to, { id, drives, order: granted() ? "" : order })];
  };

  return {
    /** Returns the calls that the pixel gets in place of this one. Never changes the page's arguments. */
    call(call: PixelCall): PixelCall[] {
      const [command, first] = call;
      const tracked = readCall(call);
      if (tracked === undefined) {
        if (command === "init") {
          datasets.add(String(first));
          watch();
          record(["init", , call[2]], [String(first)]);
          if (limited) return [LIMIT, call];
        } else if (command === "consent") {
          consent(first);
        } else if (first === "firstPartyCookies") {
          keepsCookies(call[2] as boolean);
        } else if (command === "dataProcessingOptions" && Array.isArray(first)) {
          if (limited && first.length === 0) return [];
          limits = call;
        }
        return [call];
      }
      const [to, track, name, given, own, ...more] = tracked;
      const parameters = fieldsOf(given);
      const options = fieldsOf(own);
      if (!mirrors || typeof name !== "string" || done.has(options)) return [call];

      const [eventID, isRepeated] = event(
        [track, name, parameters],
        to ?? [...datasets],
        textOf(options["eventID"] ?? options["event_id"]),
        textOf(parameters["order_id"]),
      );
      if (isRepeated) return [];
      const withId = { ...options, eventID };
      done.add(withId);
      return [[command, ...(to ? [first] : []), name, given ?? {}, withId, ...more]];
    },

    /** Records an event of `track()` and returns its id. */
    track(name: string, parameters: Fields, { eventId: given, orderId, pixel }: Tracked): string {
      const order = textOf(orderId ?? parameters["order_id"]);
      const call = ["", name, { ...parameters, ...(order && { order_id: order }) }];
      return event(call, [...datasets], textOf(given), order, pixel ?? !mirrors)[0];
    },

    /** Records customer information for the datasets in `to`, or for all datasets. */
    identify(customer: Fields, to: string[] = []) {
      record(["init", , customer], to);
    },

    /** Returns the id of an event that another library tracks, if it was prepared or has an order. */
    idOf(name: string, orderId: unknown): string | undefined {
      const order = textOf(orderId);
      const id = prepared.get(name) ?? (order && eventId(name, order));
      prepared.delete(name);
      return id;
    },

    /** Returns an id for an event that is tracked later. */
    prepare(name: string, { eventId: given, orderId }: Tracked): string {
      const id = textOf(given) ?? eventId(name, textOf(orderId));
      prepared.delete(name);
      prepared.set(name, id);
      return id;
    },

    /** Returns the event id for a request: that of the event prepared last, else a new one. */
    upcoming: () => [...prepared.values()].at(-1) ?? eventId(""),

    /** Returns true if the bridge sends the PageViews of navigations. */
    follows: () => !own,
  };

  /**
   * Sets `disablePushState`, so that Meta's script leaves the PageViews of navigations to the bridge. The
   * script reads it once, at its start.
   */
  function watch(): void {
    const { fbq } = page;
    if (fbq === undefined) return;
    own ??= fbq.disablePushState ?? false;
    if (own) return;
    Object.defineProperty(fbq, "disablePushState", {
      configurable: true,
      get: () => true,
      set: (said: boolean) => (own = said),
    });
  }
}
