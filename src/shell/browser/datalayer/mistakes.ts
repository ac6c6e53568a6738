// Mistakes in the options of the listener, each as a sentence for the console.

import { nearest } from "../rules/near.ts";
import type { DataLayerOptions } from "./index.ts";

const NAMES = ["name", "pixel", "mappings"];

/** Returns the mistakes in the options of a tag, or of a call of `listen()`. */
export function mistakes(options: DataLayerOptions): string[] {
  return Object.entries(options).flatMap(([name, value]: [string, unknown]) => {
    if (name === "pixel" && value !== undefined && value !== "call" && value !== "leave") {
      return ["dataLayer: pixel (data-pixel): expected call, leave. Until then it is call."];
    }
    if (NAMES.includes(name)) return [];
    const meant = nearest(name, NAMES);
    return meant ? [`dataLayer: ${name} is no option. Did you mean ${meant} (data-${meant})?`] : [];
  });
}
