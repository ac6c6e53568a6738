// Turns pushes into Meta's events with the mapping that the worker uses, as WebAssembly.
// `src/shell/datalayer/kept.rs` is the other side: it says what each function does.

import inlined from "#wasm/datalayer_inline";
import ga4 from "../../../sources/mapping/ga4.json" with { type: "json" };
import { bytesOf } from "../../wasm/inlined.ts";

/** An event of the page, for the pixel and for the worker. */
export interface PushedEvent {
  /** Meta's name for it. */
  eventName: string;
  /** The event id of the push. Empty if it has none. */
  eventId: string;
  /** The pixel's parameters. */
  parameters: Record<string, unknown>;
  /** The customer information by Meta's keys, not hashed. */
  customer: Record<string, unknown>;
}

/** Changes of the table. Rust checks them. */
interface Changes {
  everyEvent?: object;
  product?: object;
  events?: Iterable<unknown>;
}

/** An instance of the module. Values are passed by their place in a list. */
interface Instance {
  memory: WebAssembly.Memory;
  read_table(table: number): number;
  read_push(table: number, pushed: number, held: number): number;
}

/** The most memory of an instance, in bytes. Above it, a fresh instance takes its place. */
const MOST_BYTES = 2 ** 22;
/** The names of `typeof` in the order of Rust's kinds, after `null`. */
const TYPES = ["boolean", "number", "string"];

// Made with the first instance: a simulated page, such as Jest's jsdom, may lack both.
let encoder: TextEncoder;
let decoder: TextDecoder;

/** The values of the current call. Rust refers to each by its place; 0 is none. */
let values: unknown[] = [];
let module: WebAssembly.Module | undefined;

function instantiate(): Instance {
  let bytes: Uint8Array;
  /** Reads a UTF-8 text from Rust's memory. */
  const said = (at: number, length: number) => decoder.decode(new Uint8Array(memory.buffer, at, length));
  /** Keeps a value. Returns its place, or 0 for `undefined`. */
  const kept = (value: unknown) => (value === undefined ? 0 : values.push(value) - 1);
  const isOwn = (value: unknown, name: string) => Object.prototype.propertyIsEnumerable.call(value, name);
  /** Returns a list or an object. Other values have no fields. */
  const holder = (place: number) => {
    const value = values[place];
    return (typeof value === "object" && value) || {};
  };
  const field = (place: number, name: string | number) => {
    const value = holder(place) as Record<string, unknown>;
    return isOwn(value, `${name}`) ? kept(value[name]) : 0;
  };
  const page = {
    kind(place: number) {
      const value = values[place];
      if (value === null) return 0;
      const type = TYPES.indexOf(typeof value);
      return Array.isArray(value) ? 4 : type < 0 ? 5 : type + 1;
    },
    number_of: (place: number) => Number(values[place]),
    size(place: number) {
      const value = values[place];
      if (typeof value === "object") return Object.keys(value!).length;
      bytes = encoder.encode(String(value));
      return bytes.length;
    },
    copy(at: number) {
      new Uint8Array(memory.buffer).set(bytes, at);
    },
    field: (place: number, at: number, length: number) => field(place, said(at, length)),
    name: (place: number, index: number) => kept(Object.keys(holder(place))[index]),
    element: (place: number, index: number) => (Array.isArray(values[place]) ? field(place, index) : 0),
    parse_json(at: number, length: number) {
      try {
        return kept(JSON.parse(said(at, length)));
      } catch {
        return 0;
      }
    },
    make_text: (at: number, length: number) => kept(said(at, length)),
    make_number: kept,
    make_list: (at: number, length: number) =>
      kept(Array.from(new Uint32Array(memory.buffer, at, length), (place) => values[place])),
    make_object: () => kept({}),
    set(place: number, at: number, length: number, value: number) {
      (holder(place) as Record<string, unknown>)[said(at, length)] = values[value];
    },
    assign: (place: number, other: number) => void Object.assign(holder(place), values[other]),
    fail(at: number, length: number) {
      throw new Error(said(at, length));
    },
  };
  encoder ??= new TextEncoder();
  decoder ??= new TextDecoder();
  module ??= new WebAssembly.Module(bytesOf(inlined));
  const instance = new WebAssembly.Instance(module, { page }).exports as unknown as Instance;
  const { memory } = instance;
  return instance;
}

/** The `dataLayer` of a page, with GA4's table. */
export class DataLayer {
  /** GA4's table with the changes. Rust takes the first row of an event. */
  readonly #json: unknown;
  /** The values of earlier pushes that apply to later events. */
  readonly #held: unknown = Object.create(null);
  #wasm!: Instance;
  /** The address of the table in the module's memory. */
  #table!: number;

  /**
   * Reads GA4's table, with changes as under `mappings.ga4` in the worker's configuration.
   *
   * @throws {Error} the path of an invalid change, and the reason
   */
  constructor(changes: Changes) {
    this.#json = {
      ...ga4,
      ...changes,
      everyEvent: { ...ga4.everyEvent, ...changes.everyEvent },
      product: { ...ga4.product, ...changes.product },
      events: [...(changes.events ?? []), ...ga4.events],
    };
    this.#renew();
  }

  /** Makes a fresh instance: at the start, after a trap, and when the last one has too much memory. */
  #renew() {
    this.#wasm = instantiate();
    values = [, this.#json];
    this.#table = this.#wasm.read_table(1);
  }

  /**
   * Returns Meta's event for a push, if there is one. `pushed` is plain JSON: the object, or the list of
   * arguments of `gtag`.
   *
   * @throws {Error} after a trap; the next push has a fresh instance
   */
  push(pushed: unknown): PushedEvent | undefined {
    try {
      // The module never frees memory.
      if (this.#wasm.memory.buffer.byteLength > MOST_BYTES) this.#renew();
      values = [, pushed, this.#held];
      return values[this.#wasm.read_push(this.#table, 1, 2)] as PushedEvent | undefined;
    } catch (error) {
      this.#renew();
      throw error;
    } finally {
      values = [];
    }
  }
}
