// Lays out the timeline: the browser's lane, the server's lane, and a line where two copies met.

import type { Item } from "./items.ts";

/** Copies closer than this, in pixels, share a mark. */
const COLUMN = 9;
/** A pause longer than this is drawn as short as `PAUSE_DRAWN_MILLIS`. */
const PAUSE_MILLIS = 20_000;
const PAUSE_DRAWN_MILLIS = 2000;
/** Lines beyond this number cannot be told apart. */
const MAX_LINES = 400;

/** The copies at one place of the axis. */
export interface Column {
  x: number;
  /** The time of its first copy, in Unix milliseconds. */
  fromMillis: number;
  toMillis: number;
  /** The number of copies. */
  browser: number;
  server: number;
  /** The number of events whose other copy is missing. `missingServer`: only the browser sent them. */
  missingServer: number;
  missingBrowser: number;
  refused: number;
  /** The key of the newest item here. */
  newest: string;
}

/** A line from the browser's copies at one place to the server's copies at another. */
export interface Line {
  from: number;
  to: number;
  count: number;
}

/** A place where nothing came for a while. */
export interface Pause {
  x: number;
  millis: number;
}

export interface Timeline {
  columns: Column[];
  lines: Line[];
  pauses: Pause[];
  fromMillis: number;
  toMillis: number;
}

/** Returns the layout of these items, newest first, on an axis of `width` pixels. Undefined without items. */
export function layOut(items: Item[], width: number): Timeline | undefined {
  const times = new Set<number>();
  for (const item of items) {
    if (item.request) times.add(item.millis);
    else for (const time of received(item)) if (time !== undefined) times.add(time);
  }
  if (times.size === 0) return undefined;
  const sorted = [...times].sort((one, other) => one - other);
  const { places, pauses } = axis(sorted, width);

  const columns = new Map<number, Column>();
  const at = (millis: number, key: string): Column => {
    const index = Math.round((places.get(millis) ?? 0) / COLUMN);
    let column = columns.get(index);
    if (column === undefined) {
      const none = { browser: 0, server: 0, missingServer: 0, missingBrowser: 0, refused: 0 };
      column = { x: index * COLUMN, fromMillis: millis, toMillis: millis, ...none, newest: key };
      columns.set(index, column);
    }
    column.fromMillis = Math.min(column.fromMillis, millis);
    column.toMillis = Math.max(column.toMillis, millis);
    return column;
  };
  const lines = new Map<string, Line>();
  for (const item of items) {
    if (item.request) {
      at(item.millis, item.key).refused += 1;
      continue;
    }
    const [browser, server] = received(item);
    const above = browser === undefined ? undefined : at(browser, item.key);
    const below = server === undefined ? undefined : at(server, item.key);
    if (above) above.browser += 1;
    if (below) below.server += 1;
    if (above && below && item.event.merged) {
      const key = `${above.x} ${below.x}`;
      const line = lines.get(key);
      if (line) line.count += 1;
      else lines.set(key, { from: above.x, to: below.x, count: 1 });
    } else if (above && !below) above.missingServer += 1;
    else if (below && !above) below.missingBrowser += 1;
  }
  return {
    columns: [...columns.values()].sort((one, other) => one.x - other.x),
    lines: [...lines.values()].sort((one, other) => other.count - one.count).slice(0, MAX_LINES),
    pauses,
    fromMillis: sorted[0] ?? 0,
    toMillis: sorted.at(-1) ?? 0,
  };
}

function received({ event }: Item): [browser: number | undefined, server: number | undefined] {
  return [event?.browser?.received_at_millis, event?.server?.received_at_millis];
}

/** Gives each time its place. Pauses are shortened, so that two test runs fit on one axis. */
function axis(sorted: number[], width: number): { places: Map<number, number>; pauses: Pause[] } {
  const places = new Map<number, number>();
  const breaks: { at: number; millis: number }[] = [];
  let drawn = 0;
  let before = sorted[0] ?? 0;
  for (const time of sorted) {
    const gap = time - before;
    if (gap > PAUSE_MILLIS) breaks.push({ at: drawn + PAUSE_DRAWN_MILLIS / 2, millis: gap });
    drawn += Math.min(gap, gap > PAUSE_MILLIS ? PAUSE_DRAWN_MILLIS : gap);
    places.set(time, drawn);
    before = time;
  }
  // A single moment is drawn in the middle.
  const scale = drawn === 0 ? 0 : width / drawn;
  const shift = drawn === 0 ? width / 2 : 0;
  for (const [time, place] of places) places.set(time, shift + place * scale);
  return { places, pauses: breaks.map(({ at, millis }) => ({ x: at * scale, millis })) };
}

/** Returns the column nearest to `x`. */
export function columnAt({ columns }: Timeline, x: number): Column | undefined {
  let nearest: Column | undefined;
  for (const column of columns) {
    if (nearest === undefined || Math.abs(column.x - x) < Math.abs(nearest.x - x)) nearest = column;
  }
  return nearest;
}
