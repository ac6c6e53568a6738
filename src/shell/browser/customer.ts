// The part that loads with the first customer information: hashed before it leaves the page.

import inlined from "#wasm/customer_inline";
import { bytesOf } from "../inlined.ts";
import type { call } from "./binding.ts";

/** Meta's keys in the order of Rust's fields, each with what a page may call it instead. */
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

/** The lists of words, each a file of its own that loads when a value needs it; in Rust's order. */
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
 * A fresh instance that knows some lists, as the function that gives the hashes of a value: of which of `FIELDS`,
 * the value, the default country, the year. It throws the place of a list in `LISTS` that the value needs.
 */
export function instantiate(callWasm: typeof call, lists: string[]) {
  // The texts of a value, each known to Rust by its place; 0 is none.
  let texts: string[];
  let hashes: string[];
  let patterns: string[];
  /** What Rust says: UTF-8 in its memory. */
  const said = (at: number, length: number) => decoder.decode(new Uint8Array(wasm.memory.buffer, at, length));
  /** What is of a set, or is not. */
  const set = (place: number, of: number) => `[${of ? "" : "^"}${patterns[place]}]`;
  /** What Rust asks about a text, named as JavaScript names the like; answers that are texts are kept. */
  const answers: Record<
    string,
    (text: string, ...rest: number[]) => string[] | number | boolean | undefined | void
  > = {
    literal: (_, at, length) => [said(at, length)],
    normalize: (text) => [text.toLowerCase().normalize()],
    digits: (text) => [
      text.replace(/\p{Nd}/gu, (digit) => {
        // Every script's ten digits stand together, zero first; some scripts follow upon each other.
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
    // Nobody keeps what was said in plain.
    texts = [];
    return hashes;
  };
}

/**
 * The hashes of what a page knows of its customer, best first. What cannot be used is left out, and so is what is
 * no field of Meta's; a list's values come together.
 *
 * National values are read as their country's. `known` is told at once what is known, and again when a list of
 * words has arrived that a value needed.
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
          // That, or a trap: the next value meets a fresh instance.
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
