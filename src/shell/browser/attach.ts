// Outgoing `fetch` requests carry the visitor's identifiers and an event id, as headers.

import { safely } from "./engine.ts";

/** Headers that a request is to carry, by name. */
export type Identifying = () => Record<string, string>;

/**
 * Wraps `fetch`. A header that the caller set itself wins; the caller's arguments are never changed;
 * a request to anywhere else goes out untouched.
 */
export function hookFetch(to: string[], identifying: Identifying): void {
  const original = window.fetch;
  const hooked = function (this: unknown, ...call: Parameters<typeof fetch>): Promise<Response> {
    return Reflect.apply(
      original,
      this,
      safely(() => attach(call, to, identifying), call),
    );
  };
  Object.defineProperty(hooked, "name", { value: "fetch" });
  window.fetch = hooked;
}

function attach(call: Parameters<typeof fetch>, to: string[], identifying: Identifying): typeof call {
  const [input, init] = call;
  const request = input instanceof Request ? input : undefined;
  if (!shouldAttach(request?.url ?? String(input), to)) return call;

  const own = init?.headers ?? request?.headers;
  const headers = new Headers(own);
  for (const [name, value] of Object.entries(identifying())) {
    if (!headers.has(name)) headers.set(name, value);
  }
  if (request !== undefined && init?.headers === undefined) {
    // A copy takes the body along; options beside a Request would reset its referrer and more.
    const copy = new Request(request);
    headers.forEach((value, name) => copy.headers.set(name, value));
    return init === undefined ? [copy] : [copy, init];
  }
  // The caller's options as they are, whatever kind of object they are, but for the headers.
  const options = new Proxy(init ?? {}, {
    get: (target, key) => (key === "headers" ? headers : (Reflect.get(target, key, target) as unknown)),
  });
  return [input, options];
}

/** Whether a request to this address is one of those that carry identifiers. */
export function shouldAttach(address: string, to: string[]): boolean {
  const { origin } = new URL(address, document.baseURI);
  return to.some((target) => origin === (target === "same-origin" ? location.origin : target));
}
