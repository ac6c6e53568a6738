// A list that is drawn anew every second without a flicker: what stays the same is not touched.

/** One row: its place in the page, and how it takes a newer value. */
export interface Row<Value> {
  node: HTMLElement;
  update(value: Value): void;
}

/** Rows that are recognised again by their keys. */
export class KeyedList<Value> {
  readonly #place: HTMLElement;
  readonly #keysOf: (value: Value) => string[];
  readonly #make: (value: Value) => Row<Value>;
  #rows: { keys: string[]; text: string; row: Row<Value> }[] = [];

  /** A value may have several keys, for it may gain one later: any of them finds its row. */
  constructor(place: HTMLElement, keysOf: (value: Value) => string[], make: (value: Value) => Row<Value>) {
    this.#place = place;
    this.#keysOf = keysOf;
    this.#make = make;
  }

  /** Shows these values in this order. */
  show(values: Value[]): void {
    const known = new Map(this.#rows.flatMap((kept) => kept.keys.map((key) => [key, kept] as const)));
    const taken = new Set<Row<Value>>();
    this.#rows = values.map((value) => {
      const keys = this.#keysOf(value);
      const text = JSON.stringify(value);
      const kept = keys
        .map((key) => known.get(key))
        .find((found) => found !== undefined && !taken.has(found.row));
      const row = kept?.row ?? this.#make(value);
      if (kept !== undefined && kept.text !== text) row.update(value);
      taken.add(row);
      return { keys, text, row };
    });

    // Gone rows first: then those that stay are in place already, and nothing that has the focus moves.
    for (const node of [...this.#place.children]) {
      if (!this.#rows.some(({ row }) => row.node === node)) node.remove();
    }
    this.#rows.forEach(({ row: { node } }, index) => {
      const here = this.#place.children[index];
      if (here !== node) this.#place.insertBefore(node, here ?? null);
    });
  }
}
