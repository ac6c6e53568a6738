// The control that makes Meta fail for a while, and what is left of it.

import { byId } from "../../element.ts";
import type { Fault } from "../../report.ts";

export class FaultControl {
  readonly #state = byId("fault-state", HTMLParagraphElement);
  readonly #stop = byId("fault-stop", HTMLButtonElement);

  /** `ask` sets or, with null, ends the failing. */
  constructor(ask: (fault: { status: number; times: number } | null) => void) {
    const form = byId("fault", HTMLFormElement);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const fields = new FormData(form);
      ask({ status: Number(fields.get("status")), times: Number(fields.get("times")) });
    });
    this.#stop.addEventListener("click", () => ask(null));
  }

  show(fault: Fault | null): void {
    const state = fault === null ? "Meta answers as it should." : words(fault);
    if (this.#state.textContent !== state) this.#state.textContent = state;
    this.#state.classList.toggle("failing", fault !== null);
    this.#stop.hidden = fault === null;
  }
}

function words({ status, remaining, event_id }: Fault): string {
  const requests = remaining === 1 ? "the next request" : `the next ${remaining} requests`;
  return `Meta answers ${status} to ${requests}${event_id === undefined ? "" : ` with the event ${event_id}`}.`;
}
