// Finds the name that was probably meant, for "Did you mean".

/** Returns the letters of a name in lower case, so that `data-set`, `data_set` and `dataSet` are one name. */
const letters = (name: string) => name.toLowerCase().replace(/[^a-z]/g, "");

/** Returns true if one text becomes the other when at most `edits` letters are added, removed or replaced. */
const isNear = (one: string, other: string, edits: number): boolean =>
  edits >= 0 &&
  (one[0] === other[0]
    ? !one || isNear(one.slice(1), other.slice(1), edits)
    : isNear(one.slice(1), other, edits - 1) ||
      isNear(one, other.slice(1), edits - 1) ||
      isNear(one.slice(1), other.slice(1), edits - 1));

/** Returns a known name that differs from `given` in at most two letters, and in at most a third of its letters. */
export const nearest = (given: string, known: readonly string[]): string | undefined => {
  const name = letters(given).slice(0, 40);
  return known.find((each) => isNear(name, letters(each), Math.min(name.length / 3, 2) | 0));
};
