// `capi-bridge/testing/fake`: stands in for `capi-bridge` in unit tests, in Jest and Vitest, with jsdom, happy-dom or none.
//
// It imports nothing, sends nothing, prints nothing and needs no browser.

import type { Bridge } from "../browser/bridge.ts";
import type { Settings } from "../browser/settings.ts";

/** A call of `track` on the fake. */
export interface TrackedEvent {
  eventName: string;
  parameters: Record<string, unknown>;
  eventId: string;
  /** The order's id, where the call gave one. */
  orderId?: string;
}

/** The fake bridge: the functions of the real one, and what was called. */
export interface FakeBridge extends Bridge {
  /** The events so far, oldest first. While consent is pending or denied there are none. */
  readonly tracked: readonly TrackedEvent[];
  /** The customer information of the last `identify`, as the page gave it. */
  readonly customer: Record<string, unknown>;
  readonly consent: string;
  /** Forgets all of it. Ids are counted from 1 again. */
  reset(): void;
}

/** The identifiers of the fake's visitor. They look like real ones and never change. */
const IDENTIFIERS = { fbp: "fb.1.1596403881668.1116446470", fbc: "fb.1.1554763741205.FakeClick" };

/**
 * Returns a fake bridge. Ids are `fake-1`, `fake-2`, …; with an order `fake-<event>-<order>`.
 *
 * ```ts
 * const bridge = fakeBridge();
 * checkout(bridge);
 * expect(bridge.tracked).toMatchObject([{ eventName: "Purchase", parameters: { value: 59.9 } }]);
 * ```
 */
export function fakeBridge(settings: Settings = {}): FakeBridge {
  let consent: string = settings.consent ?? "granted";
  let tracked: TrackedEvent[] = [];
  let waiting: TrackedEvent[] = [];
  let customer: Record<string, unknown> = {};
  let prepared = new Map<string, string>();
  let made = 0;
  let isStopped = false;

  const text = (value: unknown) =>
    typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  const idOf = (eventName: string, options: { eventId?: unknown; orderId?: unknown } = {}) => {
    const order = text(options.orderId);
    return (
      text(options.eventId) ??
      prepared.get(eventName) ??
      (order === undefined ? `fake-${++made}` : `fake-${eventName}-${order}`)
    );
  };
  const bridge: FakeBridge = {
    get tracked() {
      return tracked;
    },
    get customer() {
      return customer;
    },
    get consent() {
      return consent;
    },
    identifiers: () => {
      if (consent !== "granted") return {};
      const externalId = text(customer["externalId"] ?? customer["external_id"]);
      return { ...IDENTIFIERS, ...(externalId !== undefined && { externalId }) };
    },
    track(eventName, parameters = {}, options = {}) {
      if (isStopped || consent === "denied") return { eventId: "" };
      const eventId = idOf(eventName, options);
      prepared.delete(eventName);
      const orderId = text(options.orderId);
      const event = {
        eventName,
        parameters: { ...(parameters as Record<string, unknown>) },
        eventId,
        ...(orderId !== undefined && { orderId }),
      };
      (consent === "granted" ? tracked : waiting).push(event);
      return { eventId };
    },
    prepare(eventName, options = {}) {
      const eventId = idOf(eventName, options);
      prepared.set(eventName, eventId);
      return eventId;
    },
    identify(given, { unlessSaid = false } = {}) {
      customer = unlessSaid ? { ...given, ...customer } : { ...given };
    },
    carry(eventName, orderId) {
      if (consent !== "granted") return undefined;
      const order = text(orderId);
      const eventId =
        prepared.get(eventName) ?? (order === undefined ? undefined : `fake-${eventName}-${order}`);
      return { ...IDENTIFIERS, eventId };
    },
    setConsent(changed) {
      consent = changed;
      if (changed === "granted") tracked.push(...waiting);
      if (changed !== "pending") waiting = [];
    },
    stop() {
      isStopped = true;
    },
    reset() {
      [tracked, waiting, customer, prepared, made, isStopped] = [
        [],
        [],
        {},
        new Map<string, string>(),
        0,
        false,
      ];
      consent = settings.consent ?? "granted";
    },
  };
  return bridge;
}

let running: FakeBridge | undefined;

/**
 * Replaces `start` of `capi-bridge`. A second call returns the bridge that runs, as the real one does.
 *
 * ```ts
 * vi.mock("capi-bridge", () => import("capi-bridge/testing/fake"));
 * ```
 */
export function start(settings: Settings = {}): FakeBridge {
  running ??= fakeBridge(settings);
  return running;
}

/** Ends the bridge that `start` returned, so that the next `start` makes a new one. Call it after each test. */
export function forget(): void {
  running = undefined;
}
