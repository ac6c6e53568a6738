// `XMLHttpRequest` carries headers.

import { addMissing, type FieldsFor, HEADERS } from "./fields.ts";
import { hook } from "./hook.ts";
import { resolve } from "./targets.ts";

/** Lets requests by `XMLHttpRequest` carry what they are to. */
export function attachToXhr(fieldsFor: FieldsFor): void {
  const host = XMLHttpRequest.prototype;
  const { setRequestHeader } = host;
  /** Where an opened request goes, and the names of its own headers. */
  const opened = new WeakMap<object, [url: URL, own: Headers]>();

  hook(host, "setRequestHeader", ([name], self) => opened.get(self)?.[1].append(name as string, ""));
  hook(host, "open", ([, url], self) => opened.set(self, [resolve(url), new Headers()]));
  hook(host, "send", (_, self) => {
    const [url, own] = opened.get(self)!;
    addMissing(fieldsFor(HEADERS, url), own).forEach((field) => Reflect.apply(setRequestHeader, self, field));
  });
}
