// The control that makes Meta fail for a while, the notice of a fault, and the button that ends it.

import { byId } from "../../element.ts";
import { faultInWords, faultWish } from "../model/fault.ts";
import type { Fault } from "../model/report.ts";

export class FaultControl {
  readonly #notice = byId("fault-notice", HTMLParagraphElement);
  readonly #state = byId("fault-state", HTMLSpanElement);

  /** `ask` sets a fault or, with null, ends it. */
  constructor(ask: (fault: object | null) => void) {
    const form = byId("fault", HTMLFormElement);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const fields = new FormData(form);
      const text = (name: string) => String(fields.get(name) ?? "");
      ask(faultWish(text("kind"), Number(text("times")), Number(text("latency")), text("target")));
    });
    byId("fault-stop", HTMLButtonElement).addEventListener("click", () => ask(null));
  }

  show(fault: Fault | null): void {
    this.#notice.hidden = fault === null;
    const words = fault === null ? "" : faultInWords(fault);
    if (this.#state.textContent !== words) this.#state.textContent = words;
  }
}
