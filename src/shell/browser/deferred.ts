// The deferred part: events, delivery, navigations, customer information, beacons, forms, withdrawal of
// consent.

import { attachToBeacon } from "./attach/beacon.ts";
import { attachToForms } from "./attach/form.ts";
import { attempt } from "./attach/hook.ts";
import { attachToXhr } from "./attach/xhr.ts";
import type { Deferred, Delivery, Page } from "./contract.ts";
import { LEFT_ALONE, leavingAlone } from "./deferred/alone.ts";
import { customers } from "./deferred/customers.ts";
import { delivery } from "./deferred/delivery.ts";
import { askInAppBrowser } from "./deferred/in-app.ts";
import { type PageEvent, pageEvent } from "./deferred/page-event.ts";
import { followNavigation } from "./deferred/navigation.ts";
import { store } from "./deferred/stored.ts";
import { type Debug, type LookFor, troubles } from "./deferred/troubles.ts";
import { views } from "./deferred/views.ts";
import { page as window } from "./pixel.ts";
import type { Fields, Recorded } from "./record.ts";
import { isDebug } from "./rules/is-debug.ts";
import { isStandard } from "./rules/standard-events.ts";
import { isUsual } from "./rules/usual.ts";
import { wellFormed } from "./rules/well-formed.ts";
import { site } from "./site.ts";

/** Starts the deferred part. */
export function defer(page: Page): Deferred {
  const { pixel } = page.settings;
  const datasets = page.settings.datasets && [page.settings.datasets].flat().map(String);
  const stored = store();
  const host: Delivery = {
    page,
    stored,
    flying: new Set(),
    pausedUntil: 0,
    send: (all) => sending.send(all),
    adopt: (held) => send(pageEvent(held, held.id!, ""), held.to),
  };
  const withRetry = troubles(host);
  const lookFor: LookFor = (...facts) => withRetry(({ lookFor }) => lookFor(...facts));
  const debug: Debug | undefined = isDebug(page.settings.debug, site().location.search)
    ? (...facts) => withRetry(({ note }) => note(...facts))
    : undefined;
  if (!isUsual(page.settings)) lookFor("settings", page.settings);
  const known = customers(() => sending.settled(), page, lookFor);
  const sending = delivery(host, stored, known, withRetry, lookFor, debug);
  const seen = views(page);

  let sent = false;
  const send = (event: PageEvent, to: string[]) => {
    // Without a pixel, the datasets are those of the settings. Without these, the worker chooses.
    const all = to.length > 0 ? to : (datasets ?? [undefined]);
    const listed = datasets ? all.filter((dataset) => datasets.includes(dataset!)) : all;
    for (const dataset of listed) sending.add(dataset, event);
    sent ||= listed.length > 0;
    // Nothing was sent so far: a dataset id in the page or in the settings is probably misspelt.
    if (!sent && to[0]) lookFor("datasets", to);
    return listed;
  };
  const take = (given: Recorded): boolean => {
    // Make the texts well-formed first, so that the pixel, the hashes and the worker get the same.
    const recorded = JSON.parse(wellFormed(JSON.stringify(given))) as Recorded;
    const { call, id, drives } = recorded;
    if (id === undefined) {
      known.identify(recorded.to[0], call[2] as Fields | undefined);
      return false;
    }
    const name = String(call[1]);
    // A pixel that ran before this script was initialised before it.
    const running = () => window.fbq?.getState?.().pixels?.map((each) => String(each.id)) ?? [];
    const all = recorded.to.length > 0 ? recorded.to : running();
    const to = name === "PageView" ? seen.first(all, recorded.url) : all;
    if (to === undefined) {
      debug?.(name, id);
      // Before the first navigation the pixel drops a duplicate itself.
      return seen.isLater();
    }
    const isDriven = drives && pixel !== "off";
    if (isDriven) {
      const options = { eventID: id };
      page.done.add(options);
      // An error of the pixel must not stop the worker's copy.
      attempt(() => window.fbq?.(isStandard(name) ? "track" : "trackCustom", name, call[2], options));
    }
    // The pixel sends nothing before it has a dataset. `track()` does.
    const worker = call[0] === "" || to.length > 0 ? send(pageEvent(recorded, id), to) : [];
    debug?.(name, id, isDriven || call[0] !== "" ? to : undefined, worker);
    return false;
  };

  const alone = page.alone!;
  const { leave, failed } = leavingAlone(alone);
  // The browser may lack one of these, or the page may have locked it.
  for (const attachTo of [attachToXhr, attachToBeacon, attachToForms]) {
    attempt(() => attachTo(page.addFields!, alone, leave));
  }
  if (pixel !== "off") followNavigation(seen);
  // A pixel that ran before this script has had its `init` without limited data use. Set it now.
  if (page.limited && window.fbq?.callMethod) window.fbq("dataProcessingOptions", ["LDU"], 0, 0);
  let hasAsked: boolean | undefined;
  return {
    take,
    resume(leaving) {
      // Without consent nothing is asked, and an answer is dropped.
      if (!hasAsked && page.granted() && !page.visitor().fbc) {
        hasAsked = true;
        attempt(() => askInAppBrowser((click) => page.granted() && page.visitor(click)));
      }
      sending.flush(leaving);
    },
    failed,
    forget() {
      attempt(() => delete sessionStorage[LEFT_ALONE]);
      sending.forget();
      known.forget();
    },
  };
}
