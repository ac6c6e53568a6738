// Customer information: normalised as Meta documents it, and hashed.

import * as wasm from "#wasm/core";
import { text } from "./argument.ts";
import { give, orElse, taken } from "./engine.ts";

const forms = orElse(wasm.normalize, () => []);
const hashes = orElse(wasm.hash, () => 0);
const reason = orElse(wasm.problem, () => 0);

/** The fields of `user_data` that Meta takes hashed, by Meta's keys. */
const FIELDS = ["em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "external_id"] as const;

/** A field of `user_data` that Meta takes hashed (Meta, "Customer Information Parameters"). */
export type Field = (typeof FIELDS)[number];

/** A value as a person typed it or a shop stores it. Anything but text and numbers counts as empty. */
export type Raw = string | number | bigint | null | undefined;

/** The options for reading a value. */
export interface ValueOptions {
  /**
   * The country that a national phone number, a state, a postal code or a date in figures is from: its
   * ISO 3166-1 code or its name. Default: none, and nothing is guessed.
   */
  defaultCountry?: string | undefined;
  /** The year that no date of birth is after. Default: this year. */
  thisYear?: number | undefined;
}

/** The reason why a value cannot be used. It never contains the value. */
export interface Problem {
  /** A stable code for programs, such as `not_an_email`. */
  code: string;
  /** The expected form of the value, as a sentence for people. */
  message: string;
}

/**
 * Returns the normalised forms of a value, before they are hashed. There is one form; where Meta's document
 * and Meta's libraries disagree there are several, the documented one first. The list is empty for a value
 * that cannot be used, or that is hashed already.
 *
 * ```ts
 * normalize("ph", "(650)555-1212", { defaultCountry: "US" }); // ["16505551212"]
 * normalize("ct", "São Paulo"); // ["sãopaulo", "sopaulo"]
 * ```
 *
 * @throws {TypeError} for an unknown field, or an option of the wrong type; never because of a value
 */
export function normalize(field: Field, value: Raw, options?: ValueOptions): string[] {
  const place = placeOf("normalize", field);
  const year = yearOf("normalize", field, options);
  return forms(place, given("normalize", value, options), year);
}

/**
 * Returns the hashes to send for a value, in lower-case hexadecimal and in the order of {@link normalize}. A
 * value that is hashed already is passed on. The list is empty for a value that cannot be used: send nothing
 * then.
 *
 * ```ts
 * hash("em", " John_Smith@gmail.com ");
 * // ["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"]
 * ```
 *
 * @throws {TypeError} for an unknown field, or an option of the wrong type; never because of a value
 */
export function hash(field: Field, value: Raw, options?: ValueOptions): string[] {
  const place = placeOf("hash", field);
  const year = yearOf("hash", field, options);
  const lines = taken(hashes(place, given("hash", value, options), year));
  if (lines.length <= ONE_HASH) return lines === "" ? [] : [lines];
  return lines.split("\n");
}

/**
 * Returns the reason why {@link hash} has nothing to send for a value, or that the default country is not known, so
 * that the value was read without one. Returns `undefined` if nothing is wrong.
 *
 * ```ts
 * problem("country", "Atlantis"); // { code: "not_a_country", message: "expected a country: …" }
 * ```
 *
 * @throws {TypeError} for an unknown field, or an option of the wrong type; never because of a value
 */
export function problem(field: Field, value: Raw, options?: ValueOptions): Problem | undefined {
  const place = placeOf("problem", field);
  const year = yearOf("problem", field, options);
  const [code = "", message = ""] = taken(reason(place, given("problem", value, options), year)).split("\t");
  return code === "" ? undefined : { code, message };
}

/** The maximum length of one hash with its appendix, in characters. A longer answer has several hashes. */
const ONE_HASH = 64 + 1 + 8;

function placeOf(where: string, field: Field): number {
  const place = FIELDS.indexOf(field);
  if (place < 0) throw new TypeError(`${where}: field: expected one of ${FIELDS.join(", ")}`);
  return place;
}

/** Returns the year that no date of birth is after. Other fields need none. */
function yearOf(where: string, field: Field, options: ValueOptions | undefined): number | undefined {
  const year = options?.thisYear ?? (field === "db" ? new Date().getFullYear() : undefined);
  if (year === undefined || (Number.isInteger(year) && year >= 0 && year <= 9999)) return year;
  throw new TypeError(`${where}: thisYear: expected a year, such as 2026`);
}

/** Writes the module's input: the default country, a line break, the value. Returns its number of bytes. */
function given(where: string, value: unknown, options: ValueOptions | undefined): number {
  const raw =
    typeof value === "string"
      ? value
      : typeof value === "number" || typeof value === "bigint"
        ? `${value}`
        : "";
  const country = options?.defaultCountry;
  if (country === undefined) return give(`\n${raw}`);
  return give(`${text(`${where}: defaultCountry`, country).replaceAll("\n", " ")}\n${raw}`);
}
