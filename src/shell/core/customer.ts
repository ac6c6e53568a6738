// Customer information: normalised as Meta documents it, and hashed.

import { hash as hashes, normalize as forms, problem as reason } from "#wasm/edge";
import { text } from "./argument.ts";

/** The fields of `user_data` that Meta takes hashed, by Meta's keys. */
const FIELDS = ["em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "external_id"] as const;

/** A field of `user_data` that Meta takes hashed (Meta, "Customer Information Parameters"). */
export type Field = (typeof FIELDS)[number];

/** A value as a person typed it or a shop stores it. Anything but text and numbers counts as none. */
export type Raw = string | number | bigint | null | undefined;

/** What you know beyond the value. */
export interface ValueOptions {
  /**
   * The country that a national phone number, a state, a postal code or a date in figures is from: its
   * ISO 3166-1 code or its name. Default: none, and nothing is guessed.
   */
  defaultCountry?: string | undefined;
  /** The year that no date of birth is after. Default 2100. */
  thisYear?: number | undefined;
}

/** Why a value cannot be used. It never holds the value. */
export interface Problem {
  /** Stable, for programs, such as `not_an_email`. */
  code: string;
  /** What was expected, for people. */
  message: string;
}

/**
 * The forms in which Meta may know a value before it is hashed: one normally; where Meta's document
 * and Meta's libraries disagree several, the documented one first. Empty for what cannot be used,
 * also for what is hashed already.
 *
 * ```ts
 * normalize("ph", "(650)555-1212", { defaultCountry: "US" }); // ["16505551212"]
 * normalize("ct", "São Paulo"); // ["sãopaulo", "sopaulo"]
 * ```
 *
 * @throws {TypeError} for a field that is none, or an option of the wrong type; never for a value
 */
export function normalize(field: Field, value: Raw, options?: ValueOptions): string[] {
  return forms(...given("normalize", field, value, options));
}

/**
 * The hashes to send for a value, lower-case hexadecimal, in the order of {@link normalize}; what is
 * hashed already is passed on. Empty for what cannot be used: send nothing then.
 *
 * ```ts
 * hash("em", " John_Smith@gmail.com ");
 * // ["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"]
 * ```
 *
 * @throws {TypeError} for a field that is none, or an option of the wrong type; never for a value
 */
export function hash(field: Field, value: Raw, options?: ValueOptions): string[] {
  const lines = hashes(...given("hash", field, value, options));
  return lines === "" ? [] : lines.split("\n");
}

/**
 * Why {@link hash} has nothing to send for a value; `undefined` when it has.
 *
 * ```ts
 * problem("country", "Atlantis"); // { code: "not_a_country", message: "expected a country: …" }
 * ```
 *
 * @throws {TypeError} for a field that is none, or an option of the wrong type; never for a value
 */
export function problem(field: Field, value: Raw, options?: ValueOptions): Problem | undefined {
  const [code, message] = reason(...given("problem", field, value, options))?.split("\t") ?? [];
  return code === undefined ? undefined : { code, message: message ?? "" };
}

function given(
  where: string,
  field: Field,
  value: unknown,
  options: ValueOptions | undefined,
): [number, string, string, number | undefined] {
  const at = FIELDS.indexOf(field);
  if (at < 0) throw new TypeError(`${where}: field: expected one of ${FIELDS.join(", ")}`);
  const { defaultCountry = "", thisYear } = options ?? {};
  if (thisYear !== undefined && !(Number.isInteger(thisYear) && thisYear >= 0 && thisYear <= 9999)) {
    throw new TypeError(`${where}: thisYear: expected a year, such as 2026`);
  }
  const isText = typeof value === "string" || typeof value === "number" || typeof value === "bigint";
  return [at, isText ? String(value) : "", text(`${where}: defaultCountry`, defaultCountry), thisYear];
}
