// Reads the pixel's tracking calls: track, trackCustom, trackSingle, trackSingleCustom.

import type { PixelCall } from "../pixel.ts";
import type { Fields } from "../record.ts";

/** A tracking call, taken apart. */
export type TrackingCall = [
  /** The one dataset of a `trackSingle`. */
  to: string[] | undefined,
  /** The command without "Single": `track` or `trackCustom`. */
  command: string,
  name: unknown,
  parameters: unknown,
  options: unknown,
  ...more: unknown[],
];

/** Returns a tracking call's parts, or undefined for another command. */
export function readCall(call: PixelCall): TrackingCall | undefined {
  const [command, single, custom = ""] = /^track(Single)?(Custom)?$/.exec(call[0] as string) ?? [];
  return (command &&
    ([single && [String(call[1])], `track${custom}`, ...call.slice(single ? 2 : 1)] as unknown)) as
    TrackingCall | undefined;
}

/** Returns an object as it is, and an empty one for any other value. */
export const fieldsOf = (value: unknown): Fields => (Object(value) === value ? (value as Fields) : {});
