// The page's second part: customer information, hashed before it leaves the page.

import { __wbg_reset_state, hashes as hash, initSync } from "#wasm/customer";
import inlined from "#wasm/customer_inline";
import { bytesOf } from "../inlined.ts";

initSync({ module: bytesOf(inlined) });

/**
 * The hashes of each value, by the field's key in Meta's table (`em`, `ph`, …), best first. What cannot
 * be used is left out, and so is what is no field of Meta's; a list's values come together.
 *
 * `defaultCountry` is the country that national phone numbers and the like are from.
 */
export function hashes(values: Record<string, unknown>, defaultCountry = ""): Record<string, string[]> {
  const year = new Date().getFullYear();
  const found: Record<string, string[]> = {};
  for (const [field, given] of Object.entries(values)) {
    const lines = [given].flat().flatMap((value) => {
      if (typeof value !== "string" && typeof value !== "number") return [];
      try {
        return hash(field, String(value), defaultCountry, year).split("\n");
      } catch (error) {
        // A trap: the next value meets a fresh instance.
        if (error instanceof WebAssembly.RuntimeError) __wbg_reset_state();
        return [];
      }
    });
    const distinct = [...new Set(lines)].filter(Boolean);
    if (distinct.length > 0) found[field] = distinct;
  }
  return found;
}
