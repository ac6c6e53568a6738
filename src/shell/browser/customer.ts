// Hashes customer information before it leaves the page. Loads with the first customer information.

import inlined from "#wasm/customer_inline";
import { bytesOf } from "../inlined.ts";
import type { call } from "./binding.ts";

/** Meta's keys in the order of Rust's fields, each with the other name that a page may use. */
export const FIELDS: readonly [string, ...string[]][] = [
  ["em", "email"],
  ["ph", "phone"],
  ["fn", "firstName"],
  ["ln", "lastName"],
  ["db", "dateOfBirth"],
  ["ge", "gender"],
  ["ct", "city"],
  ["st", "state"],
  ["zp", "zip"],
  ["country"],
  ["external_id", "externalId"],
];

/** The word lists, in Rust's order. Each is a file of its own that loads when a value needs it. */
const LISTS = [
  () => import("#wasm/list_countries"),
  () => import("#wasm/list_states"),
  () => import("#wasm/list_genders"),
];
const loaded: string[] = [];

/** Hashes by Meta's key. */
export type Hashes = Record<string, string[]>;

const decoder = new TextDecoder();
let read: ReturnType<typeof instantiate> | undefined;

/**
 * Returns a function that hashes one value with a fresh instance of the module and these lists.
 *
 * Its arguments are the index in `FIELDS`, the value, the default country and the year. It throws the index
 * in `LISTS` of a list that the value needs and that is not loaded.
 */
export function instantiate(callWasm: typeof call, lists: string[]) {
  // The texts of a value. Rust refers to each by its index; 0 is none.
  let texts: string[];
  let hashes: string[];
  let patterns: string[];
  /** Reads a UTF-8 text from Rust's memory. */
  const said = (at: number, length: number) => decoder.decode(new Uint8Array(wasm.memory.buffer, at, length));
  /** Returns the pattern of a character in a set, or with `of` 0, of a character outside it. */
  const set = (place: number, of: number) => `[${of ? "" : "^"}${patterns[place]}]`;
  /**
   * The functions that Rust calls on a text, with the names that JavaScript uses. Answers that are texts are
   * added to `texts`.
   */
  const answers: Record<
    string,
    (text: string, ...rest: number[]) => string[] | number | boolean | undefined | void
  > = {
    literal: (_, at, length) => [said(at, length)],
    normalize: (text) => [text.toLowerCase().normalize()],
    digits: (text) => [
      text.replace(/\p{Nd}/gu, (digit) => {
        // The ten digits of a script are consecutive, zero first. Several scripts may follow each other.
        let before = digit.codePointAt(0)!;
        let value = 0;
        while (/\p{Nd}/u.test(String.fromCodePoint(--before))) value++;
        return `${value % 10}`;
      }),
    ],
    sha256: (text) => [callWasm("sha256", [text])],
    length: (text) => [...text].length,
    character: (text) => text.codePointAt(0),
    number: (text) => +text,
    index: (text, at, length) => said(at, length).split("|").indexOf(text),
    meaning(text, list) {
      const words = lists[list];
      if (!words) throw list;
      const [, line] = words.split(`\n${text} `);
      return line ? [line.split("\n")[0]!] : 0;
    },
    test: (text, place, of) => RegExp(set(place, of), "u").test(text),
    replace: (text, place, of) => [text.replace(RegExp(set(place, of), "gu"), "")],
    trim(text, place) {
      const around = `${set(place, 1)}+`;
      return [text.replace(RegExp(`^${around}|${around}$`, "gu"), "")];
    },
    span(text, place, of) {
      const [start] = RegExp(`^${set(place, of)}*`, "u").exec(text)!;
      return [start, text.slice(start.length)];
    },
    split(text, at, length, last) {
      const sign = said(at, length);
      const found = last ? text.lastIndexOf(sign) : text.indexOf(sign);
      return found < 0 ? 0 : [text.slice(0, found), text.slice(found + sign.length)];
    },
    slice(text, length) {
      const characters = [...text];
      return [characters.splice(0, length).join(""), characters.join("")];
    },
    join: (text, other) => [text + texts[other]!],
    push: (text, character) => [text + String.fromCodePoint(character)],
    found: (text) => hashes.push(text),
  };
  const page: WebAssembly.ModuleImports = {
    sets: (at: number, length: number) => (patterns = said(at, length).split("\n")),
  };
  for (const name in answers) {
    page[name] = (place: number, ...rest: number[]) => {
      const answer = answers[name]!(texts[place]!, ...rest);
      return Array.isArray(answer) ? texts.push(...answer) - answer.length : answer;
    };
  }
  const module = new WebAssembly.Module(bytesOf(inlined));
  const wasm = new WebAssembly.Instance(module, { page }).exports as unknown as {
    memory: WebAssembly.Memory;
    hashes(field: number, value: number, country: number, year: number): void;
  };
  return (field: number, value: string, country: string, year: number) => {
    hashes = [];
    texts = ["", value, country];
    wasm.hashes(field, 1, 2, year);
    // Do not keep values that are not hashed.
    texts = [];
    return hashes;
  };
}

/**
 * Hashes the customer information of a page, best form first, and passes the hashes to `known`. Leaves out
 * values that cannot be used and keys that are not Meta's fields. The values of a list share one field.
 *
 * National values are read as those of `country`. `known` is called at once, and again when the word lists
 * have loaded that a value needs.
 */
export async function hashes(
  customer: Record<string, unknown>,
  known: (hashes: Hashes) => unknown,
  callWasm: typeof call,
): Promise<void> {
  const country = String(customer["country"] ?? "");
  for (;;) {
    const missing = new Set<number>();
    const found: Hashes = {};
    for (const [name, given] of Object.entries(customer)) {
      const field = FIELDS.findIndex((names) => names.includes(name));
      const hashes = [given].flat().flatMap((value) => {
        if (typeof value !== "string" && typeof value !== "number") return [];
        try {
          read ??= instantiate(callWasm, loaded);
          return read(field, `${value}`, country, new Date().getFullYear());
        } catch (lacking) {
          if (typeof lacking === "number") missing.add(lacking);
          // A list is missing, or Rust trapped. Use a fresh instance for the next value.
          read = undefined;
          return [];
        }
      });
      if (hashes[0]) found[FIELDS[field]![0]] = [...new Set(hashes)];
    }
    known(found);
    if (missing.size === 0) return;
    await Promise.all([...missing].map(async (list) => (loaded[list] = (await LISTS[list]!()).default)));
  }
}
