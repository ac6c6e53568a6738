// Checks the types of arguments. An error names the argument.

/**
 * Returns the argument if it is a string.
 *
 * @throws {TypeError} naming the argument when it is no string
 */
export function text(where: string, value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`${where}: expected a string`);
  return value;
}

/**
 * Returns the argument as text. A whole number becomes its decimal digits.
 *
 * A number above 2^53 has lost digits already, and two orders would share one text. Fractions are written
 * differently in each language.
 *
 * @throws {TypeError} naming the argument when it is neither text nor a whole number
 */
export function decimal(where: string, value: unknown): string {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  if (typeof value === "string") return value;
  throw new TypeError(`${where}: expected a string, a bigint or a whole number of at most 2^53 - 1`);
}

/** The times that milliseconds since 1970 can be: from 2001 to the year 5138. Seconds are less, microseconds more. */
const [EARLIEST_MILLIS, LATEST_MILLIS] = [1e12, 1e14];

/**
 * Returns the argument if it is a time in milliseconds since 1970.
 *
 * @throws {TypeError} naming the argument when it is no such time. The message says so if it looks like seconds or
 * microseconds
 */
export function millis(where: string, value: unknown): number {
  const isTime = typeof value === "number" && value >= EARLIEST_MILLIS && value < LATEST_MILLIS;
  if (isTime) return value;
  const unit =
    typeof value !== "number" || Number.isNaN(value) || value <= 0
      ? ""
      : value < EARLIEST_MILLIS
        ? "; this is less, as seconds are"
        : "; this is more, as microseconds are";
  throw new TypeError(`${where}: expected milliseconds since 1970, as Date.now() gives them${unit}`);
}
