// The keys of the whole page: j and k, arrows, Enter, Esc, and / for the search.

export interface Keys {
  /** Moves the active row. Returns false if the key does not move it. */
  move(key: string): boolean;
  open(): void;
  close(): void;
  search(): void;
}

/** Keys that scroll the page, unless the list has the focus. */
const SCROLL = ["PageDown", "PageUp", "Home", "End"];

export function listen(list: HTMLElement, search: HTMLInputElement, keys: Keys): void {
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]") !== null) return;
    if (target === search) {
      // The search hands over to the list.
      if (key === "ArrowDown" || key === "Enter") list.focus();
      else if (key === "Escape" && search.value === "") search.blur();
      else return;
      event.preventDefault();
      return;
    }
    if (key === "Escape") keys.close();
    if (target instanceof Element && target.closest("input, select, textarea") !== null) return;
    const isInList = target === list;
    const isElsewhere = target instanceof Element && target.closest("button, a, pre, summary") !== null;
    if (key === "/") keys.search();
    else if (key === "Enter" && !isElsewhere) keys.open();
    else if (key === " " && isInList) keys.open();
    else if ((SCROLL.includes(key) && !isInList) || (isElsewhere && key.startsWith("Arrow"))) return;
    else if (!keys.move(key)) return;
    event.preventDefault();
  });
}
