// Arguments of the wrong type: said at once, by name.

/**
 * The argument, known to be a string.
 *
 * @throws {TypeError} naming the argument when it is none
 */
export function text(where: string, value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`${where}: expected a string`);
  return value;
}

/**
 * The argument, known to be a time in milliseconds since 1970.
 *
 * @throws {TypeError} naming the argument when it is none
 */
export function millis(where: string, value: unknown): number {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`${where}: expected milliseconds since 1970, as Date.now() gives them`);
  }
  return value;
}
