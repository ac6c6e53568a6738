// Decides which rows of a long list are in the page: those in view and a few more.

/** Rows above and below the view, so that a fast scroll does not show a blank. */
const MORE = 3;

export interface Range {
  /** The first row. */
  from: number;
  /** The row after the last. */
  to: number;
}

/** Returns the rows to draw at this position. All lengths are pixels. */
export function rowsInView(top: number, height: number, rowHeight: number, count: number): Range {
  const first = Math.floor(Math.max(0, top) / rowHeight);
  const last = Math.ceil((Math.max(0, top) + height) / rowHeight);
  const to = Math.min(count, last + MORE);
  return { from: Math.max(0, Math.min(first - MORE, to)), to };
}

/** Returns the position at which this row is wholly in view, as close to `top` as possible. */
export function topToShow(row: number, top: number, height: number, rowHeight: number): number {
  const start = row * rowHeight;
  if (start < top) return start;
  return Math.max(top, start + rowHeight - height);
}

/** Returns the row that a key moves to, or undefined for other keys. -1 as `row` means no row. */
export function rowAfterKey(key: string, row: number, page: number, count: number): number | undefined {
  const steps: Record<string, number> = {
    ArrowDown: row + 1,
    j: row + 1,
    ArrowUp: row - 1,
    k: row - 1,
    PageDown: row + page,
    PageUp: row - page,
    Home: 0,
    End: count - 1,
  };
  const wanted = Object.hasOwn(steps, key) ? steps[key] : undefined;
  if (wanted === undefined || count === 0) return undefined;
  return Math.max(0, Math.min(count - 1, wanted));
}
