// The bridge, as pages and adapters see it.

import type { Tracked } from "./mirror.ts";
import type { Customer, EventParameters } from "./record.ts";
import type { Consent } from "./settings.ts";
import type { Identifiers } from "./visitor.ts";

/** A running bridge. None of its functions throws. */
export interface Bridge {
  /** Returns the visitor's identifiers as they are now. Before consent there are none. */
  identifiers(): Identifiers;
  /**
   * Tracks an event and returns its id: the id in `options`, else the prepared id, else the order's id, else a
   * random one. The id is empty if WebAssembly cannot start.
   *
   * ```ts
   * const { eventId } = bridge.track("Purchase", { value: 59.9, currency: "EUR" }, { orderId: "1001" });
   * ```
   */
  track(eventName: string, parameters?: EventParameters | object, options?: Tracked): { eventId: string };
  /**
   * Returns an id for an event that will be tracked later, by `track()` or `fbq`. Requests that leave before
   * it carry the id. It is the id in `options`, else the order's id, else a random one.
   *
   * ```ts
   * bridge.prepare("Purchase");
   * await fetch("/orders", { method: "POST", body }); // x-capi-event-id is the Purchase's
   * ```
   */
  prepare(eventName: string, options?: Tracked): string;
  /**
   * Sets the customer information, which is hashed before it leaves the page: `email`, `phone`, `firstName`,
   * `lastName`, `dateOfBirth`, `gender`, `city`, `state`, `zip`, `country`, `externalId`, or Meta's own keys
   * (`em`, `ph`, …). Later events carry it, and wait for it one second at most. With `unlessSaid` a field
   * counts only if neither the pixel's `init` nor another call gives it.
   */
  identify(customer: Customer | object, options?: { unlessSaid?: boolean }): void;
  /**
   * Returns the fields for another library's copy of an event: `fbp` and `fbc` as they are now, and `eventId`
   * if the event was prepared or has an order. It is for adapters such as `capi-bridge/segment`. Returns
   * undefined if consent does not let the event leave.
   *
   * `externalId` is that library's id of the visitor. The bridge's copies carry it, too, unless the pixel's
   * `init` or the page's `identify()` gives another.
   */
  carry(
    eventName: string,
    orderId?: unknown,
    externalId?: unknown,
  ): (Identifiers & { eventId?: string | undefined }) | undefined;
  /**
   * Settles pending consent: `"granted"` sends the events that wait for it, `"denied"` drops them. `"denied"`
   * after `"granted"` withdraws consent: the cookies `_fbp` and `_fbc` and all stored events are deleted.
   */
  setConsent(consent: Consent): void;
  /** Makes every hook transparent, until `start()` is called again. Events that wait are stored or sent. */
  stop(): void;
}
