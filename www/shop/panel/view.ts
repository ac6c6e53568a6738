// Makes the panel's elements and shows what it is given.

import { type Child, drawing, element } from "../../element.ts";
import type { Left } from "./left.ts";
import type { Outcome } from "./outcome.ts";

const AD_VISIT = "/?fbclid=Test-Click_1";
const OPEN = "shop.panel";
/** The width from which the panel is beside the page and not over it. The same as in panel.css. */
const WIDE = "(min-width: 1100px)";

export class View {
  readonly #tally = element("span", { class: "tally" });
  readonly #cookies = element("dl", { class: "cookies" });
  readonly #events = element("ol", { class: "events" });
  readonly #note = element("p", { class: "note", role: "status" });

  constructor(sandboxUrl: string) {
    const toSandbox = element("a", {
      class: "to-sandbox",
      href: sandboxUrl,
      target: "_blank",
      rel: "noopener",
    });
    toSandbox.append("Open the sandbox", element("span", { "aria-hidden": "true" }, " ↗"));
    const details = element(
      "details",
      { class: "panel" },
      element("summary", {}, element("span", { class: "title" }, "What just happened"), this.#tally),
      element(
        "div",
        { class: "inside" },
        element(
          "p",
          {},
          "Every event leaves twice: from this browser, by the pixel, and from the server, by capi-bridge. The same event id on both makes them one.",
        ),
        this.#note,
        element("h2", {}, "Sent from this page"),
        this.#events,
        element("h2", {}, "This visitor"),
        this.#cookies,
        sandboxUrl !== "" && toSandbox,
        element("a", { class: "from-ad", href: AD_VISIT }, "Arrive from an ad"),
      ),
    );
    details.open = remembered() ?? matchMedia(WIDE).matches;
    details.addEventListener("toggle", () => remember(details.open));
    document.body.append(element("aside", { "aria-label": "What just happened" }, details));
  }

  /** Shows both cookies. For an absent one it says so. */
  showCookies(fbp: string | undefined, fbc: string | undefined): void {
    replaceIfChanged(this.#cookies, [fbp, fbc], () => [
      element("dt", {}, "_fbp", element("span", {}, "the browser")),
      element("dd", { class: fbp === undefined ? "none" : "" }, fbp ?? "not set"),
      element("dt", {}, "_fbc", element("span", {}, "the click on an ad")),
      element(
        "dd",
        { class: fbc === undefined ? "none" : "" },
        fbc ?? "none: this visit came without a click id",
      ),
    ]);
  }

  showEvents(events: { left: Left; outcome: Outcome }[]): void {
    const merged = events.filter(({ outcome }) => outcome.kind === "merged").length;
    const tally = events.length === 0 ? "no events" : `${events.length} sent, ${merged} merged`;
    if (this.#tally.textContent !== tally) this.#tally.textContent = tally;
    replaceIfChanged(this.#events, events, () => events.map(({ left, outcome }) => row(left, outcome)));
  }

  /** Shows a note on what is missing around the page. "" shows none. */
  showNote(note: string): void {
    if (this.#note.textContent !== note) this.#note.textContent = note;
  }
}

function row(left: Left, { kind, words }: Outcome): HTMLElement {
  return element(
    "li",
    { class: kind },
    lanes(),
    element("strong", {}, left.eventName),
    element("span", { class: "words" }, words),
    element("code", { title: "event id" }, left.eventId ?? "no event id"),
  );
}

/** Draws two lanes that join. The style sheet decides how much of it is visible. */
function lanes(): SVGElement {
  return drawing(
    "svg",
    { class: "lanes", viewBox: "0 0 44 28", "aria-hidden": "true" },
    drawing("path", { class: "browser", d: "M6 7h12c8 0 8 7 16 7" }),
    drawing("path", { class: "server", d: "M6 21h12c8 0 8-7 16-7" }),
    drawing("circle", { class: "browser", cx: "6", cy: "7", r: "4" }),
    drawing("circle", { class: "server", cx: "6", cy: "21", r: "4" }),
    drawing("circle", { class: "joined", cx: "37", cy: "14", r: "5" }),
  );
}

const shown = new WeakMap<Element, string>();

/** Replaces the elements only if their value changed, so that a selection in them stays. */
function replaceIfChanged(place: Element, value: unknown, draw: () => Child[]): void {
  const text = JSON.stringify(value);
  if (shown.get(place) === text) return;
  shown.set(place, text);
  place.replaceChildren(...draw().filter((child) => child !== false));
}

function remembered(): boolean | undefined {
  try {
    const kept = sessionStorage.getItem(OPEN);
    return kept === null ? undefined : kept === "yes";
  } catch {
    return undefined;
  }
}

function remember(open: boolean): void {
  try {
    sessionStorage.setItem(OPEN, open ? "yes" : "no");
  } catch {
    // Without storage, the width of the page decides.
  }
}
