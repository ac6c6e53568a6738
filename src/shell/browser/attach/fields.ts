// What a request carries, and how it joins what the page has set itself.

/** A name, and its value where there is one. */
export type Field = [name: string, value: string | undefined];

/** What a request to these addresses is to carry under these names; nothing, unless all addresses match. */
export type FieldsFor = (names: string[], ...urls: URL[]) => Field[];

/** What is carried, by the names that queries and forms have for it. */
export const NAMES = ["capi-fbp", "capi-fbc", "capi-event-id"];
/** The same as headers. Texts that are there already: the host takes over a new one more slowly. */
export const HEADERS = ["x-capi-fbp", "x-capi-fbc", "x-capi-event-id"];

/** Headers, form data, or the parameters of a query. */
interface Fields {
  has(name: string): boolean;
  append(name: string, value: string): void;
}

/** Adds the values that are missing, and returns them: what the page set itself wins. */
export function addMissing(fields: Field[], to: Fields): [name: string, value: string][] {
  return fields.flatMap(([name, value]) => {
    if (!value || to.has(name)) return [];
    to.append(name, value);
    return [[name, value]];
  });
}
