// What a page needs a moment after its start: events, delivery, navigations, customer information, beacons and
// forms, withdrawal.

import { attachToBeacon } from "./attach/beacon.ts";
import type { FieldsFor } from "./attach/fields.ts";
import { attachToForms } from "./attach/form.ts";
import { attempt } from "./attach/hook.ts";
import type { call } from "./binding.ts";
import { customers } from "./deferred/customers.ts";
import { delivery } from "./deferred/delivery.ts";
import { type PageEvent, pageEvent } from "./deferred/page-event.ts";
import { forgetCookies } from "./deferred/forget.ts";
import { followNavigation } from "./deferred/navigation.ts";
import { lookFor } from "./deferred/problems.ts";
import { isStandard } from "./deferred/standard-events.ts";
import { store } from "./deferred/stored.ts";
import { views } from "./deferred/views.ts";
import { page as window } from "./pixel.ts";
import type { Fields, Recorded } from "./record.ts";
import { isUsual } from "./rules/usual.ts";
import { wellFormed } from "./rules/well-formed.ts";
import type { Settings } from "./settings.ts";
import type { Bridge } from "./start.ts";
import type { Identifiers } from "./visitor.ts";

/** What the part that loads at once has for this one. */
export interface Page {
  settings: Settings;
  /** The host's own `fetch`: our own requests are never decorated. */
  ownFetch: typeof fetch;
  visitor(): Identifiers;
  /** What a beacon or a form is to carry. */
  fieldsFor: FieldsFor;
  /** Whether anything may be stored and sent now. */
  granted(): unknown;
  /** Whether PageViews of navigations are ours to send. */
  follows(): unknown;
  /** Options of calls of the pixel that are recorded already. */
  done: WeakSet<object>;
  /** Whether Global Privacy Control asks for limited data use. */
  limited: boolean | undefined;
  bridge: Bridge;
  /** Calls an export of the page's WebAssembly, or of another module of ours. */
  callWasm: typeof call;
}

/** What this part does for the one that loads at once. */
export interface Deferred {
  /** Takes what was recorded, in order; true when it repeats what the pixel had and must not reach it. */
  take(recorded: Recorded): unknown;
  /** Sends what waited for consent. */
  resume(): void;
  /** Deletes what this browser keeps of the visitor. */
  forget(): void;
}

/** Starts this part. */
export function defer(page: Page): Deferred {
  const { pixel } = page.settings;
  const datasets = page.settings.datasets && [page.settings.datasets].flat().map(String);
  if (!isUsual(page.settings)) lookFor("settings", page.settings);
  const stored = store();
  const known = customers(() => sending.flush(), page.callWasm);
  const sending = delivery(page, stored, known);
  const seen = views(page);

  let sent = false;
  const send = (event: PageEvent, to: string[]) => {
    // A page without a pixel has the datasets of its settings, or the worker's.
    const all = to.length > 0 ? to : (datasets ?? [undefined]);
    const listed = all.filter((dataset) => dataset === undefined || datasets?.includes(dataset) !== false);
    for (const dataset of listed) sending.add(dataset, event);
    sent ||= listed.length > 0;
    // A page that has yet to send anything: its datasets are probably misspelt, in one place or the other.
    if (!sent && to[0]) lookFor("datasets", to);
  };
  const take = (given: Recorded): unknown => {
    // The pixel, the hashes and the worker have the same texts.
    const recorded = JSON.parse(wellFormed(JSON.stringify(given))) as Recorded;
    const { call, id, drives } = recorded;
    if (id === undefined) {
      known.identify(recorded.to[0], call[2] as Fields | undefined);
      return false;
    }
    const name = String(call[1]);
    // A pixel that ran before us was initialised before us.
    const running = () => window.fbq?.getState?.().pixels?.map((each) => String(each.id)) ?? [];
    const all = recorded.to.length > 0 ? recorded.to : running();
    const to = name === "PageView" ? seen.first(all, recorded.url) : all;
    if (to === undefined) return seen.repeats();
    if (drives && pixel !== "off") {
      const options = { eventID: id };
      page.done.add(options);
      try {
        window.fbq?.(isStandard(name) ? "track" : "trackCustom", name, call[2], options);
      } catch {
        // What the pixel throws is its own: the worker gets its copy.
      }
    }
    // The pixel sends nothing before it has a dataset; track() does.
    if (call[0] === "" || to.length > 0) send(pageEvent(recorded, id), to);
    return false;
  };

  for (const held of stored.held()) if (held?.id !== undefined) send(pageEvent(held, held.id, ""), held.to);
  for (const attachTo of [attachToBeacon, attachToForms]) attempt(() => attachTo(page.fieldsFor));
  if (pixel !== "off") followNavigation(seen);
  // A pixel that ran before us is past its init; it is told all the same.
  if (page.limited && window.fbq?.callMethod) window.fbq("dataProcessingOptions", ["LDU"], 0, 0);
  return {
    take,
    resume: sending.flush,
    forget() {
      forgetCookies();
      sending.forget();
      known.forget();
    },
  };
}
