// Adds headers to requests by `XMLHttpRequest`.

import { addMissing, type FieldsFor, HEADERS } from "./fields.ts";
import { hook } from "./hook.ts";
import { resolve } from "./targets.ts";

/** Hooks `XMLHttpRequest` so that requests carry the fields that they lack. */
export function attachToXhr(fieldsFor: FieldsFor): void {
  const host = XMLHttpRequest.prototype;
  const { setRequestHeader } = host;
  /** The address of each opened request, and the names of the headers that the page set. */
  const opened = new WeakMap<object, [url: URL, own: Headers]>();

  hook(host, "setRequestHeader", ([name], self) => opened.get(self)?.[1].append(name as string, ""));
  hook(host, "open", ([, url], self) => opened.set(self, [resolve(url), new Headers()]));
  hook(host, "send", (_, self) => {
    const [url, own] = opened.get(self)!;
    addMissing(fieldsFor(HEADERS, url), own).forEach((field) => Reflect.apply(setRequestHeader, self, field));
  });
}
