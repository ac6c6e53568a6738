// The part that loads with the first customer information: Meta's keys, hashed values.

import type { call } from "../binding.ts";
import { hashes as hash } from "../customer.ts";

/** Meta's keys for the names that a page may use instead. */
const KEYS: Record<string, string> = {
  email: "em",
  phone: "ph",
  firstName: "fn",
  lastName: "ln",
  dateOfBirth: "db",
  gender: "ge",
  city: "ct",
  state: "st",
  zip: "zp",
  externalId: "external_id",
};

/** Hashes by Meta's key. */
export type Hashes = Record<string, string[]>;

/**
 * Tells `known` the hashes of what a page knows of its customer, once or as lists of words arrive; national values
 * are read as their country's.
 */
export function hashes(
  customer: Record<string, unknown>,
  known: (hashes: Hashes) => unknown,
  callWasm: typeof call,
): Promise<void> {
  const fields = Object.entries(customer).map(([name, value]) => [
    Object.hasOwn(KEYS, name) ? KEYS[name] : name,
    value,
  ]);
  const { country } = customer;
  return hash(
    Object.fromEntries(fields) as Record<string, unknown>,
    typeof country === "string" ? country : "",
    known,
    callWasm,
  );
}
