// The panel of one event, beside the list. On a phone it covers the page.

import { byId } from "../../element.ts";
import type { Item } from "../model/items.ts";
import { detail } from "./detail.ts";

export class Panel {
  readonly #place = byId("detail", HTMLElement);
  readonly #side = byId("side", HTMLElement);
  readonly #columns = byId("columns", HTMLDivElement);
  readonly #onClose: () => void;
  #key: string | undefined;
  #shows: object | undefined;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  get isOpen(): boolean {
    return this.#key !== undefined;
  }

  /** The key of the open item. */
  get key(): string | undefined {
    return this.#key;
  }

  /** Shows an item. The panel is drawn again only if the item changed. */
  show(item: Item): void {
    const shows = item.event ?? item.request;
    if (this.#shows === shows) return;
    const isOther = this.#key !== item.key;
    const { scrollTop } = this.#place;
    this.#key = item.key;
    this.#shows = shows;
    const hadFocus = this.#place.contains(document.activeElement);
    this.#place.replaceChildren(...detail(item, () => this.close()).filter((child) => child !== false));
    this.#setOpen(true);
    this.#place.scrollTop = isOther ? 0 : scrollTop;
    if (hadFocus) this.focus();
  }

  focus(): void {
    this.#place.querySelector<HTMLElement>("h2")?.focus({ preventScroll: true });
  }

  close(): void {
    if (!this.isOpen) return;
    this.#key = undefined;
    this.#shows = undefined;
    this.#setOpen(false);
    this.#place.replaceChildren();
    this.#onClose();
  }

  #setOpen(isOpen: boolean): void {
    this.#place.hidden = !isOpen;
    this.#side.hidden = isOpen;
    this.#columns.classList.toggle("open", isOpen);
    document.body.classList.toggle("has-detail", isOpen);
  }
}
