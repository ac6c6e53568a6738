// "Did you mean": a known name that differs by a few letters.

/** Letters alone, so that `data-set`, `data_set` and `dataSet` are one name. */
const letters = (name: string) => name.toLowerCase().replace(/[^a-z]/g, "");

/** True if one text becomes the other by at most `edits` letters added, left out or replaced. */
const isNear = (one: string, other: string, edits: number): boolean =>
  edits >= 0 &&
  (one[0] === other[0]
    ? !one || isNear(one.slice(1), other.slice(1), edits)
    : isNear(one.slice(1), other, edits - 1) ||
      isNear(one, other.slice(1), edits - 1) ||
      isNear(one.slice(1), other.slice(1), edits - 1));

/** Returns the known name that was probably meant: at most every third letter, and two of them, differ. */
export const nearest = (given: string, known: readonly string[]): string | undefined => {
  const name = letters(given).slice(0, 40);
  return known.find((each) => isNear(name, letters(each), Math.min(name.length / 3, 2) | 0));
};
