// Adds the identifiers and one event id for both copies to the events of Segment's analytics.js.

import type { Bridge } from "../start.ts";
import { whenThere } from "./when-there.ts";

/** An event on its way through analytics.js, as far as it matters here. */
interface Message {
  type: string;
  event?: string;
  messageId?: string;
  userId?: string | null;
  anonymousId?: string | null;
  properties?: Record<string, unknown>;
  integrations?: Record<string, unknown>;
}

/** Segment's source middleware: sees each event before any destination does. */
type Middleware = (step: { payload: { obj: object }; next(payload: unknown): void }) => void;

/** analytics.js, as its snippet, its script or `AnalyticsBrowser.load()` gives it. */
export interface Analytics {
  addSourceMiddleware(middleware: Middleware): unknown;
}

/** The options of `follow()`. */
export interface SegmentOptions {
  /**
   * The changes of event names in the worker's configuration ("mappings"): Meta's name by Segment's, such as
   * `{ "Trial Started": "StartTrial" }`.
   */
  names?: Record<string, string>;
}

/** Meta's event name by Segment's call and lower-case event name, from `src/sources/mapping/segment.json`. */
declare const SEGMENT_NAMES: Record<string, string>;

/** The name of Meta's server destination at Segment. The worker, too, drops a call that turns it off. */
const DESTINATION = "Facebook Conversions API (Actions)";

/**
 * Adds to the events of analytics.js the fields that Segment's recipe for the Conversions API names: `fbp` and
 * `fbc` in `properties`, if the page has set none itself, and the event's id as `messageId`, if the event was
 * prepared or has an order. Segment's pixel destination and every server copy take that id.
 *
 * Without consent an event carries nothing, and is kept from Meta's server destination.
 *
 * ```ts
 * import { AnalyticsBrowser } from "@segment/analytics-next";
 * import { start } from "capi-bridge";
 * import { follow } from "capi-bridge/segment";
 *
 * const analytics = AnalyticsBrowser.load({ writeKey: "…" });
 * follow(start(), analytics);
 * ```
 *
 * Default for `analytics`: the page's `window.analytics`, as soon as the page has defined it. Never throws. If
 * something fails, analytics.js gets the event unchanged.
 */
export function follow(bridge: Bridge, analytics?: Analytics, { names = {} }: SegmentOptions = {}): void {
  const own = Object.entries(names).map(([event, name]) => [keyOf("track", event), name] as const);
  const known: Record<string, string> = { ...SEGMENT_NAMES, ...Object.fromEntries(own) };

  const complete = (message: Message) => {
    const { type, event, userId, anonymousId, properties, integrations } = message;
    if (type !== "track" && type !== "page") return;
    const name = known[keyOf(type, event)] ?? String(event);
    const carried = bridge.carry(name, properties?.["order_id"], userId || anonymousId);
    if (carried === undefined) {
      message.integrations = { ...integrations, [DESTINATION]: false };
      return;
    }
    const { eventId, ...identifiers } = carried;
    message.properties = { ...identifiers, ...properties };
    if (eventId) message.messageId = eventId;
  };
  const middleware: Middleware = ({ payload, next }) => {
    try {
      complete(payload.obj as Message);
    } catch {
      // The event is unchanged: `complete` changes it after all steps that can throw.
    }
    next(payload);
  };
  const add = (to: Analytics) => {
    try {
      // After analytics.js has loaded, this returns a promise. Ignore its rejection.
      void Promise.resolve(to.addSourceMiddleware(middleware)).catch(() => undefined);
    } catch {
      // Then analytics.js sends its events without the bridge's fields.
    }
  };
  if (analytics) add(analytics);
  else whenThere(add);
}

/** Returns the key of an event in the table. */
function keyOf(type: string, event: unknown): string {
  return type === "track" ? `track ${String(event).toLowerCase()}` : type;
}
