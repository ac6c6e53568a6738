// Adds headers to requests by `XMLHttpRequest`.

import { isSafe } from "../rules/redirects.ts";
import type { AddFields } from "./fields.ts";
import { hook } from "./hook.ts";
import { resolve } from "./targets.ts";

/** A request that was opened. */
type Opened = [
  url: URL,
  /** The names of the headers that the page set. */
  own: Headers,
  /** True if the request carries fields only on a path whose requests were not redirected to another origin. */
  isCareful: boolean,
];

/**
 * Hooks `XMLHttpRequest` so that requests carry the fields that they lack, except to the paths in `alone`. `leave` adds
 * a path to `alone`.
 *
 * A failed request cannot be sent again without the page's knowledge, because the page has had its `error` event. So a
 * GET, and any synchronous request, carries fields only after an earlier request to the same path was not redirected to
 * another origin.
 */
export function attachToXhr(addFields: AddFields, alone: Set<string>, leave: (path: string) => void): void {
  const host = XMLHttpRequest.prototype;
  const { setRequestHeader } = host;
  const opened = new WeakMap<object, Opened>();
  /** The paths with a request that was not redirected to another origin. */
  const staying = new Set<string>();

  hook(host, "setRequestHeader", ([name], self) => opened.get(self)?.[1].append(name as string, ""));
  hook(
    host,
    "open",
    ([method, url, isAsync], self) =>
      void opened.set(self, [resolve(url), new Headers(), isSafe(method as string) || isAsync === false]),
  );
  hook(host, "send", (_, self) => {
    const request = self as XMLHttpRequest;
    const [url, own, isCareful] = opened.get(self)!;
    const path = url.pathname;
    const missing = alone.has(path) ? [] : addFields(own, url);
    if (!missing[0]) return;
    /** Listens before the page does, and only while the object has the same request: the page may open it again. */
    const on = (type: string, use: () => void) =>
      request.addEventListener(type, () => opened.get(self)?.[0] === url && use(), true);
    if (isCareful && !staying.has(path)) {
      on("load", () => new URL(request.responseURL).origin === url.origin && staying.add(path));
      return;
    }
    missing.forEach((field) => Reflect.apply(setRequestHeader, self, field));
    on("error", () => leave(path));
  });
}
