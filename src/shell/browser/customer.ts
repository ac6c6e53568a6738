// Hashes customer information before it leaves the page. Loads with the first customer information.

import contact from "#wasm/contact_inline";
import { bind, type Instance, write } from "../wasm/bind.ts";
import { bytesOf } from "../wasm/inlined.ts";
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
/** The fields of the first module. The second module has the others. */
const OF_CONTACT = ["em", "ph", "fn", "ln", "external_id"];

/** Load the word lists, in Rust's order, and the second module. Each loads when a value needs it. */
const PARTS = [
  () => import("#wasm/list_countries"),
  () => import("#wasm/list_states"),
  () => import("#wasm/list_genders"),
  () => import("#wasm/details_inline"),
];
const DETAILS = 3;
/** The first module, which is here from the start. */
const CONTACT = 4;

/** The classes of characters in Rust's order. A character has the first that matches. */
const CLASSES = [
  /[\p{DI}\p{Cf}]|[^\P{Cc}\t-\r\x85]/u,
  /\p{White_Space}/u,
  /\p{Alphabetic}/u,
  /\p{Nd}/u,
  /\p{N}/u,
  /\p{M}/u,
];

/** Keeps a byte order mark at the start of a text, which is part of an external id. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Hashes by Meta's key. */
export type Hashes = Record<string, string[]>;

/**
 * Returns a function that hashes one value with the parts that are loaded. Its arguments are the index in
 * `FIELDS`, the value, the default country and the year. It calls `lacks` with the index of each part that the
 * value needs and that is not loaded; its answer is then wrong.
 */
export function reader(callWasm: typeof call, parts: (string | undefined)[], lacks: (part: number) => void) {
  /** The calls of each module that was started. */
  const bound: Partial<Record<number, typeof call>> = {};

  /** Returns the calls of a module, or notes that it is not loaded. */
  function rules(part: number): typeof call | undefined {
    const inlined = part === CONTACT ? contact : parts[part];
    if (inlined === undefined) {
      lacks(part);
      return undefined;
    }
    if (bound[part]) return bound[part];
    const module = new WebAssembly.Module(bytesOf(inlined));
    const [instantiate, call] = bind(() => {
      const wasm = new WebAssembly.Instance(module, { page: lend(() => wasm) }).exports as Instance;
      return wasm;
    });
    instantiate();
    return (bound[part] = call);
  }

  /** Returns a text of a module. */
  const read = (wasm: Instance, at: number, length: number) =>
    decoder.decode(new Uint8Array(wasm.memory.buffer, at, length));

  /** The functions that a page lends to a module. A text is passed as its address and length. */
  const lend = (wasm: () => Instance) => ({
    nfc: (at: number, length: number, into: number) =>
      write(wasm(), read(wasm(), at, length).toLowerCase().normalize(), into),
    class(point: number) {
      const character = String.fromCodePoint(point);
      return CLASSES.findIndex((pattern) => pattern.test(character));
    },
    digit(point: number) {
      // The ten digits of a script are consecutive, zero first. Several scripts may follow each other.
      let value = 0;
      while (/\p{Nd}/u.test(String.fromCodePoint(--point))) value++;
      return value % 10;
    },
    meaning(list: number, at: number, length: number, into: number) {
      const words = parts[list];
      if (words === undefined) lacks(list);
      const [, line] = words?.split(`\n${read(wasm(), at, length)} `) ?? [];
      return line === undefined ? 0 : write(wasm(), line.split("\n")[0]!, into);
    },
    country: (at: number, length: number, into: number) =>
      write(wasm(), rules(DETAILS)?.("country", [read(wasm(), at, length)]) ?? "", into),
    sha256: (at: number, length: number, into: number) =>
      write(wasm(), callWasm("sha256", [read(wasm(), at, length)]), into),
  });

  return (field: number, value: string, country: string, year: number): string[] => {
    const part = OF_CONTACT.includes(FIELDS[field]![0]) ? CONTACT : DETAILS;
    const lines = rules(part)?.("hashes", [value, country], [field, year]);
    return lines ? lines.split("\n") : [];
  };
}

const loaded: string[] = [];
/** The parts that the values need and that are not loaded. */
let missing: Set<number>;
/** True if the value that is read now needs one of them. */
let isIncomplete: boolean;
let hashesOf: ReturnType<typeof reader> | undefined;

/**
 * Hashes the customer information of a page, best form first, and passes the hashes to `known`. Leaves out
 * values that cannot be used and keys that are not Meta's fields. The values of a list share one field.
 *
 * National values are read as those of `country`. `known` is called at once, and again when the parts have
 * loaded that a value needs.
 */
export async function hashes(
  customer: Record<string, unknown>,
  known: (hashes: Hashes) => unknown,
  callWasm: typeof call,
): Promise<void> {
  hashesOf ??= reader(callWasm, loaded, (part) => {
    missing.add(part);
    isIncomplete = true;
  });
  const country = String(customer["country"] ?? "");
  for (;;) {
    const lacking = (missing = new Set<number>());
    const found: Hashes = {};
    for (const [name, given] of Object.entries(customer)) {
      const field = FIELDS.findIndex((names) => names.includes(name));
      const hashes = [given].flat().flatMap((value) => {
        if (field < 0 || (typeof value !== "string" && typeof value !== "number")) return [];
        isIncomplete = false;
        try {
          const hashes = hashesOf!(field, `${value}`, country, new Date().getFullYear());
          return isIncomplete ? [] : hashes;
        } catch {
          // Rust trapped. The next value has a fresh instance.
          return [];
        }
      });
      if (hashes[0] !== undefined) found[FIELDS[field]![0]] = [...new Set(hashes)];
    }
    known(found);
    if (lacking.size === 0) return;
    await Promise.all([...lacking].map(async (part) => (loaded[part] = (await PARTS[part]!()).default)));
  }
}
