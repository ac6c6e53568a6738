// Adds headers to requests by `XMLHttpRequest`.

import { isSafe } from "../rules/redirects.ts";
import { addMissing, type FieldsFor, HEADERS } from "./fields.ts";
import { hook } from "./hook.ts";
import { resolve } from "./targets.ts";

/** A request that was opened. */
type Opened = [
  url: URL,
  /** The names of the headers that the page set. */
  own: Headers,
  /** True if the request carries only on a path that is known to stay at its origin. */
  isCareful: boolean,
];

/**
 * Hooks `XMLHttpRequest` so that requests carry the fields that they lack, except to the paths in `alone`. `leave` adds to them.
 *
 * A request that failed cannot be sent again unseen: its events have reached the page. So a GET, and any request for
 * which the page stands still, carries only once an earlier one to the same path has stayed at its origin.
 */
export function attachToXhr(fieldsFor: FieldsFor, alone: Set<string>, leave: (path: string) => void): void {
  const host = XMLHttpRequest.prototype;
  const { setRequestHeader } = host;
  const opened = new WeakMap<object, Opened>();
  /** The paths whose requests were seen to stay at their origin. */
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
    const fields = fieldsFor(HEADERS, url);
    if (!fields[0] || alone.has(path)) return;
    /** Listens before the page does. The page may open the object again for another request. */
    const on = (type: string, use: () => void) =>
      request.addEventListener(type, () => opened.get(self)?.[0] === url && use(), true);
    if (isCareful && !staying.has(path)) {
      on("load", () => new URL(request.responseURL).origin === url.origin && staying.add(path));
      return;
    }
    addMissing(fields, own).forEach((field) => Reflect.apply(setRequestHeader, self, field));
    on("error", () => leave(path));
  });
}
