// Shows that the sandbox's clock was moved, and moves it.

import { byId } from "../../element.ts";
import { span } from "../model/words.ts";

/** A smaller difference is the time that an answer takes. */
const MIN_DIFFERENCE_MILLIS = 30_000;

export class ClockControl {
  readonly #notice = byId("clock-notice", HTMLParagraphElement);
  readonly #state = byId("clock-state", HTMLSpanElement);

  /** `ask` moves the clock on by seconds or, with null, back to the real time. */
  constructor(ask: (seconds: number | null) => void) {
    byId("clock", HTMLDivElement).addEventListener("click", ({ target }) => {
      const seconds = target instanceof HTMLElement ? target.dataset["seconds"] : undefined;
      if (seconds !== undefined) ask(Number(seconds));
    });
    byId("clock-stop", HTMLButtonElement).addEventListener("click", () => ask(null));
  }

  show(sandboxMillis: number, realMillis: number): void {
    const ahead = sandboxMillis - realMillis;
    this.#notice.hidden = Math.abs(ahead) < MIN_DIFFERENCE_MILLIS;
    if (this.#notice.hidden) return;
    const words = `The sandbox’s clock was moved: it is ${span(Math.abs(ahead))} ${ahead > 0 ? "ahead" : "behind"}.`;
    if (this.#state.textContent !== words) this.#state.textContent = words;
  }
}
