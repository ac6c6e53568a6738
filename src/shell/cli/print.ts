// Output of the command: results go to standard output, messages to standard error.

import { messageOf } from "../serve/errors.ts";
import { statusOf, UsageError } from "./errors.ts";

/** Prints a line of a result. */
export const say = (line: string) => void process.stdout.write(`${line}\n`);
/** Prints a line of a message. */
export const complain = (line: string) => void process.stderr.write(`${line}\n`);

/** Prints an error and ends the process with its status. */
export function fail(error: unknown): never {
  complain(messageOf(error));
  if (error instanceof UsageError) complain("capi-bridge --help says what there is.");
  process.exit(statusOf(error));
}

/** The colours that this command uses, as numbers of ANSI's escape sequences. */
const COLOURS = { bold: 1, red: 31, green: 32, yellow: 33, dim: 2 };

/** Returns whether a stream shows colours: a terminal that has them, unless NO_COLOR says no (no-color.org). */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR = "" } = process.env;
  return NO_COLOR === "" && stream.isTTY && stream.hasColors();
}

/** Returns the text in a colour, if standard output shows colours. */
export function painted(colour: keyof typeof COLOURS, text: string): string {
  return hasColours(process.stdout) ? `\u001B[${COLOURS[colour]}m${text}\u001B[0m` : text;
}

/** Returns rows as lines of a table: columns are as wide as their longest cell. */
export function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
