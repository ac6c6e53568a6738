// What a request carries, and how it joins what the page has set itself.

/** A name, and its value where there is one. */
export type Field = [name: string, value: string | undefined];

/** What a request to these addresses is to carry; nothing, unless all of them match. */
export type FieldsFor = (prefix: "x-capi-" | "capi-", ...urls: URL[]) => Field[];

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
