// Starts the bridge on a page and connects its parts.

import { attach } from "./attach/index.ts";
import type { Bridge } from "./bridge.ts";
import type { Deferred, Page } from "./contract.ts";
import { call } from "./binding.ts";
import { ready, safely } from "./engine.ts";
import { done, mirror } from "./mirror.ts";
import { hookPixel, page } from "./pixel.ts";
import type { Fields, Recorded } from "./record.ts";
import { afterPixel, CONSENTS } from "./rules/consent.ts";
import { sentBefore } from "./sent-before.ts";
import type { Consent, Settings } from "./settings.ts";
import { forget, type Identifiers, visitor } from "./visitor.ts";
import { warn } from "./warn.ts";

export type { Bridge } from "./bridge.ts";

/** The most calls that are held in memory. */
const MOST_HELD = 1000;

/**
 * Starts the bridge on a page, as `start` in `index.ts` documents it. The page finds it as
 * `window.capiBridge`. `load` imports the deferred part.
 */
export function run(settings: Settings, load: () => Promise<{ defer(page: Page): Deferred }>): Bridge {
  let consent: unknown = settings.consent ?? "granted";
  /** False where the bridge may do nothing, or is stopped. */
  let usable = false;
  /** True once WebAssembly has started, false if it cannot. */
  let started: boolean | undefined;
  let cookies = true;
  const known = (lent?: string) => (cookies ? visitor(lent) : {});
  let external: { externalId?: string } = {};
  let held: Recorded[] = [];
  let deferred: Deferred | undefined;
  let loading: Promise<unknown> | undefined;
  const drives = settings.pixel === "drive";
  /** Starts the WebAssembly when it is first needed. Returns true if the bridge works on this page. */
  const works = () => usable && (started ??= ready());
  const active = () => consent !== "denied" && works();
  const allowed = () =>
    usable && consent === "granted" && !(document as { prerendering?: boolean }).prerendering;
  const granted = () => allowed() && works();

  const once = globalThis as { capiBridge?: Bridge & { isStopped?: boolean } };
  // An element with the id `capiBridge` is a global of that name, too. It has no `stop`.
  const earlier = once.capiBridge;
  if (earlier?.stop && !earlier.isStopped) return earlier;
  const bridge: Bridge & { isStopped?: boolean } = {
    identifiers: () => ({ ...(granted() && safely(known)), ...external }),
    track(name, parameters = {}, options = {}) {
      if (active()) return { eventId: safely(() => events.track(name, parameters as Fields, options), "") };
      // Without the bridge the pixel still gets its copy.
      if (drives && consent === "granted") page.fbq?.("track", name, parameters);
      return { eventId: "" };
    },
    prepare: (name, options = {}) => (works() ? safely(() => events.prepare(name, options), "") : ""),
    identify(customer, { unlessSaid } = {}) {
      safely(() => {
        const fields = customer as Fields;
        const externalId = (fields["externalId"] ?? fields["external_id"]) as string | undefined;
        if (externalId) external = { externalId: String(externalId) };
        if (active()) events.identify(fields, unlessSaid ? [""] : []);
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
        safely(forget);
        part(() => deferred?.forget());
      }
      release();
    },
    stop() {
      leave();
      deferred?.resume(true);
      usable = false;
      bridge.isStopped = true;
    },
  };
  once.capiBridge = bridge;

  const { globalPrivacyControl } = navigator as { globalPrivacyControl?: boolean };
  const limited = globalPrivacyControl && settings.globalPrivacyControl === "limit";
  const refused = globalPrivacyControl && !limited;
  const events = mirror({
    mirrors: !drives,
    limited,
    granted,
    consent(word) {
      const changed = afterPixel(consent, word);
      if (changed !== consent) bridge.setConsent(changed as Consent);
    },
    keepsCookies(kept) {
      cookies = kept;
    },
    tell(recorded) {
      if (deferred && granted()) return deferred.take(recorded);
      if (held.length < MOST_HELD) held.push(recorded);
      // In a microtask, because a later call in the pixel's queue may revoke consent.
      queueMicrotask(pass);
      return false;
    },
  });
  const alone = new Set<string>();
  const host: Page = {
    alone,
    settings,
    warn,
    addFields: () => [],
    ownFetch: window.fetch,
    visitor: (lent) => safely(() => known(lent), {}),
    granted,
    follows: events.follows,
    done,
    limited,
    bridge,
    callWasm: call,
  };

  if (refused) return bridge;
  usable = true;
  safely(() => {
    if (settings.pixel !== "off") {
      hookPixel((call) => (active() ? safely(() => events.call(call), [call]) : [call]));
    }
    host.addFields = attach(
      settings.attach?.to ?? ["same-origin"],
      () =>
        granted()
          ? safely(() => {
              const { fbp, fbc }: Identifiers = known();
              return [fbp, fbc, events.upcoming()];
            })
          : undefined,
      alone,
      // If the deferred part cannot be loaded, the page gets the error.
      (error, ...failure) =>
        loading!
          .catch(() => undefined)
          .then(() => {
            if (deferred === undefined) throw error;
            return deferred.failed(error, ...failure);
          }),
    );
    document.addEventListener("prerenderingchange", release);
    // A script further down the page may be the pixel's, and revoke consent.
    // The event stands for true.
    addEventListener("DOMContentLoaded", remember as () => void);
    addEventListener("pagehide", leave);
    pass();
  });
  return bridge;

  /** Reads the identifiers and writes new ones. Without `mayWrite` it only checks that cookies can be read. */
  function remember(mayWrite: boolean): void {
    // In a sandboxed frame, cookies throw. The bridge has nothing to do there.
    if (granted()) usable = safely<unknown>(mayWrite ? known : () => document.cookie) !== undefined;
  }

  /**
   * Stores held events, for a page that unloads before the deferred part has loaded. The next page sends them.
   */
  function leave(): void {
    remember(true);
    const events = held.filter(({ id }) => id);
    const [first] = events;
    if (first && granted())
      safely(() => (localStorage[`capi-bridge.held.${first.id}`] = JSON.stringify(events)));
  }

  /** Goes on once consent is granted, or the page is shown. */
  function release(): void {
    remember(document.readyState !== "loading");
    pass();
  }

  /** Passes the held calls to the deferred part, if consent is granted. */
  function pass(): void {
    // An unknown word holds events as "pending" does.
    if (!CONSENTS.includes(consent as Consent)) warn(`consent: ${CONSENTS}?`);
    if (!allowed()) return;
    part(() => {
      if (!granted()) return;
      const recorded = held;
      held = [];
      for (const each of recorded) if (!each.order || !sentBefore(each.order)) deferred?.take(each);
      deferred?.resume();
    });
  }

  /** Calls `use` once the deferred part has loaded. */
  function part(use: () => void): void {
    // In a task of its own, because the page waits for the start: cookies, WebAssembly and the request of a script
    // take most of the time.
    loading ??= new Promise((later) => setTimeout(later))
      .then(() => {
        remember(document.readyState !== "loading");
        // Without cookies or WebAssembly there is nothing to do.
        return usable && started !== false ? load() : undefined;
      })
      .then((part) => (deferred = part?.defer(host)));
    loading.then(use).catch((error: unknown) => {
      // If loading failed, the next event tries again.
      loading = deferred && loading;
      warn("the second part is missing.", error);
    });
  }
}
