// The record of a tracking call. The deferred part makes an event of it.

import type { PixelCall } from "./pixel.ts";

/** Values by name. */
export type Fields = Record<string, unknown>;

/** A call of the pixel, or of `track()` and `identify()` in the pixel's words. */
export interface Recorded {
  /** The command, event name and parameters, without the dataset. */
  call: PixelCall;
  /** The event id. A call without one is about later events. */
  id?: string;
  /** The datasets that the call is for. */
  to: string[];
  /** Unix milliseconds. */
  millis: number;
  url: string;
  /** The page's last `dataProcessingOptions`. */
  limits?: PixelCall | undefined;
  /** True if the bridge has to call the pixel first. */
  drives?: boolean;
  /** The key of an order for which `sentBefore()` could not be asked yet. */
  order?: string | false | undefined;
}
