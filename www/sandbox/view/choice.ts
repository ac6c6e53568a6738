// The controls that choose what the list shows: outcome, search, name, dataset.

import { byId, element } from "../../element.ts";
import { EVERYTHING, type Wish } from "../model/items.ts";
import type { NameTotals } from "../model/report.ts";
import { short } from "../model/words.ts";

/** A select with more options than this is of no use. */
const MAX_OPTIONS = 500;

export class Choice {
  readonly search = byId("search", HTMLInputElement);
  readonly #name = byId("filter", HTMLSelectElement);
  readonly #dataset = byId("dataset", HTMLSelectElement);
  readonly #kinds = [...document.querySelectorAll<HTMLButtonElement>(".counts button")];
  readonly #onChange: () => void;
  #wish: Wish = EVERYTHING;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.search.addEventListener("input", () => this.set({ text: this.search.value }));
    this.#name.addEventListener("change", () => this.set({ name: this.#name.value }));
    this.#dataset.addEventListener("change", () => this.set({ dataset: this.#dataset.value }));
    for (const button of this.#kinds) {
      button.addEventListener("click", () =>
        this.set({ kind: (button.dataset["kind"] ?? "") as Wish["kind"] }),
      );
    }
    byId("show-all", HTMLButtonElement).addEventListener("click", () => this.set(EVERYTHING));
  }

  get wish(): Wish {
    return this.#wish;
  }

  set(wish: Partial<Wish>): void {
    this.#wish = { ...this.#wish, ...wish };
    const { text, name, dataset, kind } = this.#wish;
    if (this.search.value !== text) this.search.value = text;
    keep(this.#name, name);
    keep(this.#dataset, dataset);
    for (const button of this.#kinds) {
      button.setAttribute("aria-pressed", String(button.dataset["kind"] === kind));
    }
    this.#onChange();
  }

  /** Offers the names and datasets there are. What was chosen stays, even while no event has it. */
  offer(totals: NameTotals[], datasets: string[]): void {
    const names = totals.map(({ event_name, events }): [string, string] => [
      event_name,
      `${short(event_name, 60)} (${events.toLocaleString("en")})`,
    ]);
    offer(this.#name, "every name", names, this.#wish.name);
    offer(
      this.#dataset,
      "every dataset",
      datasets.map((id) => [id, id]),
      this.#wish.dataset,
    );
    this.#dataset.hidden = datasets.length < 2 && this.#wish.dataset === "";
  }
}

function offer(select: HTMLSelectElement, all: string, options: [string, string][], chosen: string): void {
  const offered = options.slice(0, MAX_OPTIONS);
  if (chosen !== "" && !offered.some(([value]) => value === chosen))
    offered.push([chosen, short(chosen, 60)]);
  const text = JSON.stringify(offered);
  if (select.dataset["offered"] === text) return;
  select.dataset["offered"] = text;
  select.replaceChildren(
    element("option", { value: "" }, all),
    ...offered.map(([value, label]) => element("option", { value }, label)),
  );
  select.value = chosen;
}

/** Chooses an option, and adds it first if it is missing. */
function keep(select: HTMLSelectElement, value: string): void {
  if (![...select.options].some((option) => option.value === value)) {
    select.append(element("option", { value }, short(value, 60)));
    delete select.dataset["offered"];
  }
  select.value = value;
}
