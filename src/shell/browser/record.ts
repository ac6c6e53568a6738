// What was tracked, as it was at that moment: all that the deferred part needs to make an event of it.

import type { PixelCall } from "./pixel.ts";

/** Values by name. */
export type Fields = Record<string, unknown>;

/** A call of the pixel, or of `track()` and `identify()` in the pixel's words. */
export interface Recorded {
  /** Without its dataset, where it names one: command, event name, parameters. */
  call: PixelCall;
  /** The event's id; a call without one says something about the events that follow. */
  id?: string;
  /** The datasets that the call is for. */
  to: string[];
  /** Unix milliseconds. */
  millis: number;
  url: string;
  /** The page's last `dataProcessingOptions`. */
  limits?: PixelCall | undefined;
  /** The pixel is to be called first. */
  drives?: boolean;
  /** Names an order of which nobody could look yet whether it was sent before. */
  order?: string | false | undefined;
}
