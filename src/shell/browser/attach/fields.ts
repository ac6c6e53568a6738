// Defines the fields that requests carry, and adds them to the fields that the page set itself.

/** A name, and its value if there is one. */
export type Field = [name: string, value: string | undefined];

/**
 * Returns the fields, under these names, of a request to these addresses. Returns none unless all addresses
 * match.
 */
export type FieldsFor = (names: string[], ...urls: URL[]) => Field[];

/** The names of the fields in queries and forms. */
export const NAMES = ["capi-fbp", "capi-fbc", "capi-event-id"];
/** The same names as headers. They are literals because the host takes over a new string more slowly. */
export const HEADERS = ["x-capi-fbp", "x-capi-fbc", "x-capi-event-id"];

/** Headers, form data, or the parameters of a query. */
export interface Fields {
  has(name: string): boolean;
  append(name: string, value: string): void;
}

/**
 * Adds the fields of a request to these addresses: to its headers, to its form data or to its query. Returns those that
 * were missing. A value that the page set itself wins.
 */
export type AddFields = (to: Fields, ...urls: URL[]) => [name: string, value: string][];

/** Adds the fields that are missing and returns them. A value that the page set itself wins. */
export function addMissing(fields: Field[], to: Fields): [name: string, value: string][] {
  return fields.flatMap(([name, value]) => {
    if (!value || to.has(name)) return [];
    to.append(name, value);
    return [[name, value]];
  });
}
