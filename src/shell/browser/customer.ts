// The page's second part: customer information, hashed before it leaves the page.

import inlined from "#wasm/customer_inline";
import type * as Exports from "#wasm/customer_bg.wasm";
import { bytesOf } from "../inlined.ts";

// A byte order mark is a character like others.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** What a character is, in the order in which Rust numbers it. */
const CLASSES = [/\p{White_Space}/u, /[\p{DI}\p{Cf}\p{Cc}]/u, /\p{Alpha}/u, /\p{Nd}/u, /\p{N}/u, /\p{M}/u];

/** The lists of words, each a file of its own that loads when a value needs it. */
const LISTS = {
  countries: () => import("#wasm/list_countries"),
  states: () => import("#wasm/list_states"),
  genders: () => import("#wasm/list_genders"),
};
const loaded: Partial<Record<string, string>> = {};

let module: WebAssembly.Module | undefined;
let wasm: typeof Exports;

const view = (at: number, length: number) => new Uint8Array(wasm.memory.buffer, at, length);
/** What the module asks of the page: what a character is, and what becomes of a text. */
const page = {
  class: (character: number) => CLASSES.findIndex((each) => each.test(String.fromCodePoint(character))),
  fold: (at: number, length: number, to: number, room: number) =>
    encoder.encodeInto(decoder.decode(view(at, length)).toLowerCase().normalize(), view(to, room)).written,
};

/** A fresh instance: it frees nothing, and is dropped whole. */
export function instantiate(): void {
  module ??= new WebAssembly.Module(bytesOf(inlined));
  wasm = new WebAssembly.Instance(module, { page }).exports as unknown as typeof Exports;
}

/** Calls the module: texts as Rust names them, and the year. */
export function call(texts: string[], year: number): string {
  const given = texts.flatMap((text) => {
    const bytes = encoder.encode(text);
    const at = wasm.__wbindgen_malloc(bytes.length, 1);
    view(at, bytes.length).set(bytes);
    return [at, bytes.length];
  });
  const run = wasm.hashes as (...values: number[]) => [number, number];
  return decoder.decode(view(...run(...given, year)));
}

/**
 * The hashes of each value, by the field's key in Meta's table (`em`, `ph`, …), best first. What cannot
 * be used is left out, and so is what is no field of Meta's; a list's values come together.
 *
 * `defaultCountry` is the country that national phone numbers and the like are from. `known` is told at
 * once what is known, and again when a list of words has arrived that a value needed.
 */
export async function hashes(
  values: Record<string, unknown>,
  defaultCountry: string,
  known: (hashes: Record<string, string[]>) => unknown,
): Promise<void> {
  const year = new Date().getFullYear();
  for (;;) {
    const missing = new Set<keyof typeof LISTS>();
    const found: Record<string, string[]> = {};
    instantiate();
    for (const [field, given] of Object.entries(values)) {
      const lines = [given].flat().flatMap((value) => {
        if (typeof value !== "string" && typeof value !== "number") return [];
        const { countries = "", states = "", genders = "" } = loaded;
        try {
          const texts = [field, String(value), defaultCountry, countries, states, genders];
          const answer = call(texts, year);
          if (!(answer in LISTS)) return answer.split("\n");
          missing.add(answer as keyof typeof LISTS);
        } catch {
          // A trap: the next value meets a fresh instance.
          instantiate();
        }
        return [];
      });
      const distinct = [...new Set(lines)].filter(Boolean);
      if (distinct.length > 0) found[field] = distinct;
    }
    known(found);
    if (missing.size === 0) return;
    await Promise.all([...missing].map(async (name) => (loaded[name] = (await LISTS[name]()).default)));
  }
}
