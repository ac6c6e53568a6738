// Which events are shown: all, or those of one name.

import { element } from "../../element.ts";
import type { SeenEvent } from "../../report.ts";

export class Filter {
  readonly #select: HTMLSelectElement;
  #names = "";

  constructor(select: HTMLSelectElement, onChange: () => void) {
    this.#select = select;
    select.addEventListener("change", onChange);
  }

  /** Offers every name there is; the one that was chosen stays, even while no event has it. */
  offer(events: SeenEvent[]): void {
    const counted = new Map<string, number>();
    for (const { event_name } of events) counted.set(event_name, (counted.get(event_name) ?? 0) + 1);
    const chosen = this.#select.value;
    if (chosen !== "" && !counted.has(chosen)) counted.set(chosen, 0);
    const names = [...counted].sort(([one], [other]) => one.localeCompare(other));
    const text = JSON.stringify(names);
    if (text === this.#names) return;
    this.#names = text;
    this.#select.replaceChildren(
      element("option", { value: "" }, "every event"),
      ...names.map(([name, count]) => element("option", { value: name }, `${name} (${count})`)),
    );
    this.#select.value = chosen;
  }

  keeps(event: SeenEvent): boolean {
    return this.#select.value === "" || this.#select.value === event.event_name;
  }
}
