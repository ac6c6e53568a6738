// Segment's analytics.js: each of its events carries what Meta's server copy of it needs, and one id for both copies.

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

/** analytics.js: what its snippet leaves, what it becomes, and what `AnalyticsBrowser.load()` gives. */
export interface Analytics {
  addSourceMiddleware(middleware: Middleware): unknown;
}

/** Where the page's Segment differs from its documentation. */
export interface SegmentOptions {
  /**
   * Events that the worker's table names otherwise ("mappings" of its configuration): Meta's name by
   * Segment's, such as `{ "Trial Started": "StartTrial" }`.
   */
  names?: Record<string, string>;
}

/** Of `src/sources/mapping/segment.json`: Meta's name by call and, in small letters, Segment's name. */
declare const SEGMENT_NAMES: Record<string, string>;

/** Meta's server destination at Segment. Our worker keeps no call that turns it off, either. */
const DESTINATION = "Facebook Conversions API (Actions)";

/**
 * Lets the events of analytics.js carry what Segment's recipe for the Conversions API asks for: `fbp` and
 * `fbc` in `properties`, where the page has set none itself, and as `messageId` the event's id where it was
 * prepared or is about an order. Segment's pixel destination and every server copy take that id.
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
 * Without `analytics` it is the page's `window.analytics`, now or once it is there. Never throws; where
 * something fails, the event goes on as it was.
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
      // It goes on as it was: all is decided before anything is changed.
    }
    next(payload);
  };
  const add = (to: Analytics) => {
    try {
      // A promise once analytics.js is there; what it rejects with is analytics.js's own affair.
      void Promise.resolve(to.addSourceMiddleware(middleware)).catch(() => undefined);
    } catch {
      // Its events go on without us.
    }
  };
  if (analytics) add(analytics);
  else whenThere(add);
}

/** Where the table has an event. */
function keyOf(type: string, event: unknown): string {
  return type === "track" ? `track ${String(event).toLowerCase()}` : type;
}
