// Declares the calls between the parts: the first part and the deferred part, and the deferred part and those that it
// loads.
//
// A page that loaded before a deploy may load a later part of the new version. So a new member of `Page` or `Delivery`
// is optional, a member of `Deferred`, `Retry` or `Customers` stays, and the build gives all parts the same short names
// (`inShort` in `xtask/bundle.mjs`).

import type { Failed } from "./attach/fetch.ts";
import type { AddFields } from "./attach/fields.ts";
import type { call } from "./binding.ts";
import type { Bridge } from "./bridge.ts";
import type { Hashes } from "./customer.ts";
import type { logged, Rules } from "./problems.ts";
import type { Fields, Recorded } from "./record.ts";
import type { Store, Stored } from "./deferred/stored.ts";
import type { Settings } from "./settings.ts";
import type { Identifiers } from "./visitor.ts";
import type { warn } from "./warn.ts";

/** The state and functions of the first part that the deferred part uses. */
export interface Page {
  settings: Settings;
  /** The host's own `fetch`. The bridge's requests carry no fields. */
  ownFetch: typeof fetch;
  /**
   * Returns the visitor's identifiers. Takes the click id that the in-app browser lends, once it is known. A first part
   * of an older version ignores that.
   */
  visitor(lent?: string): Identifiers;
  /** Adds the fields of a request. A first part of an older version has none: its XHR, beacons and forms carry nothing. */
  addFields?: AddFields;
  /** Prints a warning of the bridge, each once. A first part of an older version has none. */
  warn?: typeof warn;
  /** The paths whose requests carry no fields. A first part of an older version has no such list. */
  alone?: Set<string>;
  /** Returns true if data may be stored and sent now. */
  granted(): boolean;
  /** Returns true if the bridge sends the PageViews of navigations. */
  follows(): boolean;
  /** The options of pixel calls that are recorded already. */
  done: WeakSet<object>;
  /** True if both copies are for limited data use: Global Privacy Control, with the setting `"limit"`. */
  limited: boolean | undefined;
  bridge: Bridge;
  /** Calls an export of the page's WebAssembly. The customer module uses it, too. */
  callWasm: typeof call;
}

/** The functions of the deferred part that the first part calls. */
export interface Deferred {
  /**
   * Takes a recorded call; calls come in order. Returns true for a duplicate PageView, which must not reach
   * the pixel.
   */
  take(recorded: Recorded): boolean;
  /** Sends the events that waited for consent. With `leaving`, sends all events that wait, as on `pagehide`. */
  resume(leaving?: boolean): void;
  /** Deletes stored events and customer information. The first part deletes the visitor's cookies. */
  forget(): void;
  /** Handles a failed request that carried our headers. */
  failed: Failed;
}

/** A stored event that is to be sent, and its key. */
export interface Sending extends Pick<Stored, "dataset" | "event"> {
  key: string;
  /** The number of retries so far. Default 0. */
  tries?: number;
}

/** The state and functions of the deferred part that the retry part uses. */
export interface Delivery {
  page: Page;
  stored: Pick<Store, "kept" | "taken" | "write">;
  /** The keys of events that this page has sent and that have no answer yet. */
  flying: Set<string>;
  /** The time until which nothing is sent, in Unix milliseconds. The worker sets it with a 429. */
  pausedUntil: number;
  /** Sends stored events in as few requests as possible. */
  send(all: Sending[]): void;
  /** Takes a call that an earlier page recorded and could not send. */
  adopt(held: Recorded): void;
}

/** The functions of the retry part that the deferred part calls. */
export interface Retry {
  /** Decides about the events of a request to `url` that has no plain receipt. `said` is the answer's JSON. */
  decide(batch: Sending[], url: string, answer: Response | undefined, said: unknown): unknown;
  /** Plans the next try of stored events. */
  schedule(): void;
  /** Sends stored events now, since the browser is online again. */
  online(): void;
  /** Looks for mistakes in the set-up and prints them. */
  lookFor<About extends keyof Rules>(about: About, ...facts: Parameters<Rules[About]>): void;
  /** Logs a line of `data-debug`, as `logged` in `problems.ts` documents it. */
  note(...facts: Parameters<typeof logged>): void;
}

/** The functions of the customer part that the deferred part calls. */
export interface Customers {
  /**
   * Takes customer information, and resolves once it is hashed. The page's replaces its earlier one; the pixel's `init`
   * counts once for each dataset.
   */
  identify(dataset: string | undefined, customer: Fields): Promise<void>;
  /** Returns the hashes for the events of a dataset. */
  of(dataset: string | undefined): Hashes;
  forget(): void;
}
