// The bridge on a page: what is wired to what.

import { attach } from "./attach/index.ts";
import type { Deferred, Page } from "./deferred.ts";
import { call } from "./binding.ts";
import { ready, safely } from "./engine.ts";
import { mirror, type Tracked } from "./mirror.ts";
import { hookPixel, page } from "./pixel.ts";
import type { Fields, Recorded } from "./record.ts";
import { sentBefore } from "./sent-before.ts";
import type { Consent, Settings } from "./settings.ts";
import { type Identifiers, visitor } from "./visitor.ts";
import { warn } from "./warn.ts";

/** A running bridge. None of its functions throws. */
export interface Bridge {
  /** The visitor's identifiers as they are now; none before consent. */
  identifiers(): Identifiers;
  /**
   * Tracks an event, and gives its id: that of `options`, else of the event prepared, else of the order,
   * else a random one. Empty where WebAssembly cannot start.
   *
   * ```ts
   * const { eventId } = bridge.track("Purchase", { value: 59.9, currency: "EUR" }, { orderId: "1001" });
   * ```
   */
  track(eventName: string, parameters?: Fields, options?: Tracked): { eventId: string };
  /**
   * An id for an event that will be tracked later, by `track()` or `fbq`: requests that leave before it carry it.
   * It is that of `options`, else of the order, else a random one.
   *
   * ```ts
   * bridge.prepare("Purchase");
   * await fetch("/orders", { method: "POST", body }); // x-capi-event-id is the Purchase's
   * ```
   */
  prepare(eventName: string, options?: Tracked): string;
  /**
   * What is known of the customer, hashed before it leaves the page: `email`, `phone`, `firstName`, `lastName`,
   * `dateOfBirth`, `gender`, `city`, `state`, `zip`, `country`, `externalId`, or Meta's own keys (`em`, `ph`, …).
   * Events tracked from now on carry it; they wait for it one second at most. With `unlessSaid` it counts only
   * where neither the pixel's `init` nor another call says it.
   */
  identify(customer: Fields, options?: { unlessSaid?: boolean }): void;
  /**
   * What another library's copy of an event is to carry, for an adapter such as `capi-bridge/segment`: `fbp`
   * and `fbc` as they are now, and `eventId` where the event was prepared or is about an order. Undefined
   * where consent does not let the event leave.
   *
   * `externalId` is who that library takes the visitor for: our copies say it too, where neither the pixel's
   * `init` nor the page's `identify()` says another.
   */
  carry(
    eventName: string,
    orderId?: unknown,
    externalId?: unknown,
  ): (Identifiers & { eventId?: string | undefined }) | undefined;
  /**
   * Settles what was pending: `"granted"` sends what was held, `"denied"` drops it. `"denied"` after
   * `"granted"` withdraws: the cookies `_fbp` and `_fbc` and all that waits in storage are deleted.
   */
  setConsent(consent: Consent): void;
  /** Makes every hook transparent, for good. */
  stop(): void;
}

/** The words for what the visitor agreed to. */
const WORDS: Consent[] = ["granted", "pending", "denied"];
/** How many calls are held in memory. */
const MOST_HELD = 1000;

/** Starts the bridge on a page, which knows it as `capiBridge`, as `start` in `index.ts` says; `load` brings what is not needed at once. */
export function run(settings: Settings, load: () => Promise<{ defer(page: Page): Deferred }>): Bridge {
  let consent: unknown = settings.consent ?? "granted";
  let usable = false;
  let cookies: unknown = true;
  const known = () => (cookies ? visitor() : {});
  let external: { externalId?: string } = {};
  let held: Recorded[] = [];
  let deferred: Deferred | undefined;
  let loading: Promise<unknown> | undefined;
  const drives = settings.pixel === "drive";
  const active = () => usable && consent !== "denied";
  const granted = () =>
    usable && consent === "granted" && !(document as { prerendering?: boolean }).prerendering;

  const bridge: Bridge = {
    identifiers: () => ({ ...(granted() && safely(known)), ...external }),
    track(name, parameters = {}, options = {}) {
      if (active()) return { eventId: safely(() => events.track(name, parameters, options), "") };
      // Without us the pixel has its copy still.
      if (drives && consent === "granted") page.fbq?.("track", name, parameters);
      return { eventId: "" };
    },
    prepare: (name, options = {}) => (usable ? safely(() => events.prepare(name, options), "") : ""),
    identify(customer, { unlessSaid } = {}) {
      safely(() => {
        const externalId = customer["externalId"] ?? customer["external_id"];
        if (externalId) external = { externalId: String(externalId) };
        if (active()) events.identify(customer, unlessSaid ? [""] : []);
      });
    },
    carry(name, orderId, externalId) {
      if (refused || consent !== "granted") return undefined;
      return safely(() => {
        if (!granted()) return {};
        events.identify({ externalId }, [""]);
        return { ...known(), eventId: events.idOf(name, orderId) };
      }, {});
    },
    setConsent(changed) {
      consent = changed;
      if (changed === "denied") {
        held = [];
        part(() => deferred?.forget());
      }
      release();
    },
    stop() {
      usable = false;
    },
  };

  const once = globalThis as { capiBridge?: Bridge };
  if (once.capiBridge?.stop) return once.capiBridge;
  once.capiBridge = bridge;

  const { globalPrivacyControl } = navigator as { globalPrivacyControl?: boolean };
  const limited = globalPrivacyControl && settings.globalPrivacyControl === "limit";
  const refused = globalPrivacyControl && !limited;
  const events = mirror({
    mirrors: !drives,
    limited,
    granted,
    // A refusal that the page told us stays one.
    consent(word) {
      const [from, to] =
        word === "grant" ? (["pending", "granted"] as const) : (["granted", "pending"] as const);
      if (consent === from) bridge.setConsent(to);
    },
    keepsCookies(kept) {
      cookies = kept;
    },
    tell(recorded) {
      if (deferred && granted()) return deferred.take(recorded);
      if (held.length < MOST_HELD) held.push(recorded);
      release();
      return false;
    },
  });
  const host: Page = {
    settings,
    fieldsFor: () => [],
    ownFetch: fetch,
    visitor: () => safely(known, {}),
    granted,
    follows: events.follows,
    done: events.done,
    limited,
    bridge,
    callWasm: call,
  };

  if (refused || !ready()) return bridge;
  usable = true;
  safely(() => {
    if (settings.pixel !== "off") {
      hookPixel((call) => (active() ? safely(() => events.call(call), [call]) : [call]));
    }
    host.fieldsFor = attach(settings.attach?.to ?? ["same-origin"], () =>
      granted()
        ? safely(() => {
            const { fbp, fbc }: Identifiers = known();
            return [fbp, fbc, events.upcoming()];
          })
        : undefined,
    );
    document.addEventListener("prerenderingchange", release);
    addEventListener("pagehide", () => {
      // Who leaves before the deferred part is there takes the events along to the next page.
      const events = held.filter(({ id }) => id);
      const id = granted() && events[0]?.id;
      if (id) safely(() => (localStorage[`capi-bridge.held.${id}`] = JSON.stringify(events)));
    });
    release();
  });
  return bridge;

  /** Hands on what is held, once it may be. */
  function release(): void {
    // An unknown word holds events as "pending" does.
    if (!WORDS.includes(consent as Consent)) warn(`consent: ${WORDS}?`);
    if (!granted()) return;
    // Cookies that throw instead of being empty: a sandboxed frame, where there is nothing for us to do.
    usable = !!safely(known);
    if (!usable) return;
    part(() => {
      if (!granted()) return;
      const recorded = held;
      held = [];
      for (const each of recorded) if (!each.order || !sentBefore(each.order)) deferred?.take(each);
      deferred?.resume();
    });
  }

  /** Does something with the deferred part. */
  function part(use: () => void): void {
    // In a task of its own: asking for a script takes a tenth of a start, for which the page waits.
    loading ??= new Promise((later) => setTimeout(later))
      .then(load)
      .then(({ defer }) => (deferred = defer(host)));
    loading.then(use).catch((error: unknown) => {
      // The next event asks again for what is not there.
      loading = deferred && loading;
      warn("the second part is missing.", error);
    });
  }
}
