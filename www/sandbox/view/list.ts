// A list of any length: only the rows in view are in the page. It is a listbox with one active row.

import { element } from "../../element.ts";
import type { Item } from "../model/items.ts";
import { rowAfterKey, rowsInView, topToShow } from "../model/rows.ts";
import { drawRow } from "./row.ts";

/** The number of rows that one frame makes. */
const MAX_NEW_ROWS = 6;

interface Drawn {
  node: HTMLElement;
  /** The value that the row shows. Values are replaced, never changed. */
  shows: object;
}

export class List {
  readonly #place: HTMLElement;
  readonly #space = element("div", { class: "space", role: "presentation" });
  readonly #choose: (item: Item) => void;
  #items: Item[] = [];
  #indexes = new Map<string, number>();
  #drawn = new Map<string, Drawn>();
  #active: string | undefined;
  #isWaiting = false;
  #rowHeight = 0;

  /** `choose` is told of the row that a key or a click made active. */
  constructor(place: HTMLElement, choose: (item: Item, isOpened: boolean) => void) {
    this.#place = place;
    this.#choose = (item) => choose(item, false);
    place.append(this.#space);
    place.addEventListener("scroll", () => this.#drawSoon(), { passive: true });
    new ResizeObserver(() => this.#drawSoon()).observe(place);
    place.addEventListener("click", ({ target }) => {
      const key =
        target instanceof Element ? target.closest<HTMLElement>("[data-key]")?.dataset["key"] : null;
      const item = key === undefined || key === null ? undefined : this.#itemOf(key);
      if (item === undefined) return;
      this.activate(item.key);
      choose(item, true);
    });
    place.addEventListener("focus", () => {
      // A click makes its own row active.
      if (this.#active !== undefined || !place.matches(":focus-visible")) return;
      const first = this.#items[Math.ceil(place.scrollTop / this.#measure())];
      if (first) this.activate(first.key);
    });
  }

  get active(): Item | undefined {
    return this.#active === undefined ? undefined : this.#itemOf(this.#active);
  }

  /** Shows these items. What the reader looks at stays where it is when items come above. */
  show(items: Item[]): void {
    const { scrollTop } = this.#place;
    const height = this.#measure();
    const anchor = scrollTop > 0 ? this.#items[Math.floor(scrollTop / height)] : undefined;
    this.#items = items;
    this.#indexes = new Map(items.map(({ key }, index) => [key, index]));
    if (this.#active !== undefined && !this.#indexes.has(this.#active)) this.#active = undefined;
    this.#place.hidden = items.length === 0;
    this.#space.style.height = `${items.length * height}px`;
    const row = anchor === undefined ? undefined : this.#indexes.get(anchor.key);
    if (row !== undefined) this.#place.scrollTop = row * height + (scrollTop % height);
    this.#draw();
  }

  /** Moves the active row by a key. Returns false for other keys. */
  press(key: string): boolean {
    const row = this.#active === undefined ? -1 : (this.#indexes.get(this.#active) ?? -1);
    const page = Math.max(1, Math.floor(this.#place.clientHeight / this.#measure()) - 1);
    const item = this.#items[rowAfterKey(key, row, page, this.#items.length) ?? -1];
    if (item === undefined) return false;
    this.activate(item.key);
    this.#choose(item);
    return true;
  }

  /** Makes a row the active one and scrolls to it. */
  activate(key: string | undefined): void {
    this.#active = key;
    const row = key === undefined ? undefined : this.#indexes.get(key);
    if (row !== undefined) {
      const { scrollTop, clientHeight } = this.#place;
      const top = topToShow(row, scrollTop, clientHeight, this.#measure());
      if (top !== scrollTop) this.#place.scrollTop = top;
    }
    this.#draw();
  }

  #itemOf(key: string): Item | undefined {
    return this.#items[this.#indexes.get(key) ?? -1];
  }

  /** The height of a row. It depends on the width of the window: the style sheet decides. */
  #measure(): number {
    const height = Number.parseFloat(getComputedStyle(this.#place).getPropertyValue("--row"));
    return Number.isFinite(height) && height > 0 ? height : 64;
  }

  #drawSoon(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.#draw();
    });
  }

  /** Puts a row where it belongs and says where that is. */
  #put(node: HTMLElement, index: number, isActive: boolean): void {
    node.style.transform = `translateY(${index * this.#rowHeight}px)`;
    node.setAttribute("aria-posinset", String(index + 1));
    node.setAttribute("aria-setsize", String(this.#items.length));
    node.setAttribute("aria-selected", String(isActive));
  }

  #draw(): void {
    const height = this.#measure();
    if (height !== this.#rowHeight) {
      this.#rowHeight = height;
      this.#space.style.height = `${this.#items.length * height}px`;
    }
    const { scrollTop, clientHeight } = this.#place;
    const { from, to } = rowsInView(scrollTop, clientHeight, height, this.#items.length);
    const drawn = new Map<string, Drawn>();
    let made = 0;
    for (let index = from; index < to; index += 1) {
      const item = this.#items[index];
      if (item === undefined) continue;
      const shows = item.event ?? item.request;
      let row = this.#drawn.get(item.key);
      if (row?.shows !== shows) {
        // A long jump makes many rows. A few in each frame keep it short.
        if (made < MAX_NEW_ROWS) row = { node: drawRow(item), shows };
        else this.#drawSoon();
        made += 1;
      }
      if (row === undefined) continue;
      drawn.set(item.key, row);
      this.#put(row.node, index, item.key === this.#active);
    }
    for (const [key, { node }] of this.#drawn) if (drawn.get(key)?.node !== node) node.remove();
    // A screen reader reads the rows in the order of the page.
    let place: ChildNode | null = this.#space.firstChild;
    for (const { node } of drawn.values()) {
      if (place === node) place = node.nextSibling;
      else this.#space.insertBefore(node, place);
    }
    this.#drawn = drawn;
    const active = this.#active === undefined ? undefined : drawn.get(this.#active)?.node;
    if (active) this.#place.setAttribute("aria-activedescendant", active.id);
    else this.#place.removeAttribute("aria-activedescendant");
  }
}
