// `capi-bridge hash`: the hashes of a value of customer information.

import { text as readText } from "node:stream/consumers";
import type { Field, ValueOptions } from "../core/customer.ts";
import type { CliCommand } from "./command.ts";
import { DataError, UsageError } from "./errors.ts";
import { complain, say } from "./print.ts";

/** Meta's keys, by the words that people use for them. */
const FIELDS: Record<string, Field> = {
  email: "em",
  phone: "ph",
  first_name: "fn",
  last_name: "ln",
  date_of_birth: "db",
  gender: "ge",
  city: "ct",
  state: "st",
  zip: "zp",
  country: "country",
  external_id: "external_id",
};

interface Options {
  country?: string;
  forms?: true;
}

/** Adds the command. */
export function addHash(program: CliCommand): void {
  program
    .command("hash")
    .summary("hash a value of customer information as Meta wants it")
    .description(
      "Normalises a value and prints its SHA-256. A value with several forms has a hash of each, one a line.\n" +
        "A value on the command line stays in the shell's history: - reads it from standard input.",
    )
    .argument("<field>", "em, ph, fn, ln, db, ge, ct, st, zp, country or external_id")
    .argument("<value>", "the value as a person typed it; - reads standard input")
    .option("--country <code>", "the country of a phone number, state or postal code")
    .option("--forms", "print each normalised form before its hash")
    .examples(
      "capi-bridge hash em John_Smith@gmail.com",
      'capi-bridge hash ph "(650) 555-1212" --country US',
      "capi-bridge hash em - < address.txt",
    )
    .action(async (field: string, value: string, { country, forms }: Options) => {
      const key = fieldOf(field);
      const raw = value === "-" ? (await readText(process.stdin)).replace(/\r?\n$/, "") : value;
      const core = await import("../core/index.ts");
      const options: ValueOptions = country === undefined ? {} : { defaultCountry: country };
      const hashes = core.hash(key, raw, options);
      const problem = core.problem(key, raw, options);
      if (hashes.length === 0) {
        throw new DataError(`${field}: no hash: ${problem?.message ?? "the value cannot be used"}`);
      }
      if (problem !== undefined) complain(`${field}: ${problem.message}`);
      const normalized = core.normalize(key, raw, options);
      for (const [at, hash] of hashes.entries()) {
        say(forms ? `${normalized[at] ?? "(hashed already)"}\t${hash}` : hash);
      }
    });
}

/**
 * Returns Meta's key of a field.
 *
 * @throws {UsageError} when it is none
 */
function fieldOf(field: string): Field {
  const key = field.toLowerCase();
  const found = FIELDS[key] ?? Object.values(FIELDS).find((known) => known === key);
  if (found !== undefined) return found;
  const known = Object.entries(FIELDS).map(([word, short]) => (word === short ? word : `${short} (${word})`));
  throw new UsageError(`${field}: unknown field; expected ${known.join(", ")}`);
}
