// `capi-bridge explain`: an error of Meta's in plain words.

import type { CliCommand } from "./command.ts";
import { DataError, UsageError } from "./errors.ts";
import { ACTIONS, explain, META_ERRORS, type MetaError, nameOf } from "./meta-error.ts";
import { complain, painted, say, table } from "./print.ts";

/** Adds the command. */
export function addExplain(program: CliCommand): void {
  program
    .command("explain")
    .summary("explain an error of Meta's in plain words")
    .description(
      "Says what an error code of the Graph API means, what the bridge does about it and what you can do.\n" +
        "Without a code it lists all that are known.",
    )
    .argument("[code]", "the code, or code/subcode, such as 190/463")
    .examples("capi-bridge explain 190/463", "capi-bridge explain 2804003", "capi-bridge explain")
    .action((word?: string) => {
      if (word === undefined) {
        for (const line of table(META_ERRORS.map((row) => [nameOf(row), row.title]))) say(line);
        return;
      }
      const { code, subcode } = numbersOf(word);
      const { errors, isSubcodeKnown } = explain(code, subcode);
      if (errors.length === 0) {
        throw new DataError(
          `${word}: no document of Meta's that we know has this code. The bridge ${ACTIONS.retry} ` +
            "Read error_user_msg of Meta's answer; capi-bridge explain lists the known codes.",
        );
      }
      if (!isSubcodeKnown) complain(`${word}: the subcode is not known; this is what the code means.`);
      say(errors.map(paragraph).join("\n\n"));
    });
}

/**
 * Reads `190`, `190/463`, `(#100)` or a subcode of its own.
 *
 * @throws {UsageError} when it is none of them
 */
function numbersOf(word: string): { code: number; subcode?: number } {
  const [, first, second] = /^\(?#?(-?\d{1,9})\)?(?:[/:.](\d{1,9}))?$/.exec(word.trim()) ?? [];
  if (first === undefined) {
    throw new UsageError(`${word}: expected a code or code/subcode, such as 190 or 190/463`);
  }
  const code = Number(first);
  if (second !== undefined) return { code, subcode: Number(second) };
  const ofSubcode = META_ERRORS.find((row) => row.subcode === code);
  const isCode = explain(code).errors.length > 0;
  return ofSubcode !== undefined && !isCode ? { code: ofSubcode.code, subcode: code } : { code };
}

function paragraph(error: MetaError): string {
  return [
    painted("bold", `${nameOf(error)}: ${error.title}`),
    `  means       ${error.means}`,
    `  the bridge  ${ACTIONS[error.does]}`,
    `  you         ${error.do}`,
    `  source      ${error.source}`,
  ].join("\n");
}
