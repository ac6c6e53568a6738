// Declares the calls between the first part and the deferred part.
//
// A page that loaded before a deploy may load the deferred part of the new version. So a new member of `Page` is
// optional, a member of `Deferred` stays, and the build gives both parts the same short names (`inShort` in
// `xtask/bundle.mjs`).

import type { Failed } from "./attach/fetch.ts";
import type { FieldsFor } from "./attach/fields.ts";
import type { call } from "./binding.ts";
import type { Bridge } from "./bridge.ts";
import type { Recorded } from "./record.ts";
import type { Settings } from "./settings.ts";
import type { Identifiers } from "./visitor.ts";

/** The state and functions of the first part that the deferred part uses. */
export interface Page {
  settings: Settings;
  /** The host's own `fetch`. The bridge's requests carry no fields. */
  ownFetch: typeof fetch;
  visitor(): Identifiers;
  /** Returns the fields of a request. */
  fieldsFor: FieldsFor;
  /** The paths whose requests carry no fields. A first part of an older version has no such list. */
  alone?: Set<string>;
  /** Returns true if data may be stored and sent now. */
  granted(): unknown;
  /** Returns true if the bridge sends the PageViews of navigations. */
  follows(): unknown;
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
  take(recorded: Recorded): unknown;
  /** Sends the events that waited for consent. With `leaving`, sends all events that wait, as on `pagehide`. */
  resume(leaving?: boolean): void;
  /** Deletes the visitor's cookies, stored events and customer information. */
  forget(): void;
  /** Handles a failed request that carried our headers. */
  failed: Failed;
}
