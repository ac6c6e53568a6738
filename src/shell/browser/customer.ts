// The page's second part: customer information, hashed before it leaves the page.

import inlined from "#wasm/customer_inline";
import { bytesOf } from "../inlined.ts";
import type { call, Instance } from "./binding.ts";

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

/**
 * A fresh instance, as the function that calls it: with texts as Rust names them, and the year. It frees nothing,
 * and is dropped whole.
 */
export function instantiate(callWasm: typeof call): (texts: string[], year: number) => string {
  module ??= new WebAssembly.Module(bytesOf(inlined));
  const view = (at: number, length: number) => new Uint8Array(wasm.memory.buffer, at, length);
  /** What the module asks of the page: what a character is, and what becomes of a text. */
  const page = {
    class: (character: number) => CLASSES.findIndex((each) => each.test(String.fromCodePoint(character))),
    text: (hashed: number, at: number, length: number, to: number, room: number) => {
      const text = decoder.decode(view(at, length));
      const becomes = hashed ? callWasm("sha256", [text]) : text.toLowerCase().normalize();
      return encoder.encodeInto(becomes, view(to, room)).written;
    },
  };
  const wasm = new WebAssembly.Instance(module, { page }).exports as Instance;
  return (texts, year) => callWasm("hashes", texts, [year], wasm);
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
  callWasm: typeof call,
): Promise<void> {
  const year = new Date().getFullYear();
  for (;;) {
    const missing = new Set<keyof typeof LISTS>();
    const found: Record<string, string[]> = {};
    let run = instantiate(callWasm);
    for (const [field, given] of Object.entries(values)) {
      const lines = [given].flat().flatMap((value) => {
        if (typeof value !== "string" && typeof value !== "number") return [];
        const { countries, states, genders } = loaded;
        try {
          const texts = [field, [countries, states, genders, value].join("\0"), defaultCountry];
          const answer = run(texts, year);
          if (!(answer in LISTS)) return answer.split("\n");
          missing.add(answer as keyof typeof LISTS);
        } catch {
          // A trap: the next value meets a fresh instance.
          run = instantiate(callWasm);
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
