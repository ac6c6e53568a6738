// Adds headers to requests by `fetch`.

import { addMissing, type FieldsFor, HEADERS } from "./fields.ts";
import { attempt } from "./hook.ts";
import { resolve } from "./targets.ts";

/** The options of a request that decide what happens after its failure. */
export type Options = Pick<RequestInit, "method" | "redirect" | "integrity"> | undefined;

/**
 * Handles a failed request that carried our headers. Takes its error, its path, its options, and a function that sends
 * the request again as the page made it. Returns the answer for the page, or throws the error.
 */
export type Failed = (error: Error, path: string, options: Options, again: () => unknown) => Promise<unknown>;

/**
 * Hooks `fetch` so that requests carry the fields that they lack, except to the paths in `alone`.
 *
 * A Proxy keeps the name, length, text and properties of the host's function.
 *
 * @throws if there is no `fetch`, or the page has locked it
 */
export function attachToFetch(fieldsFor: FieldsFor, alone: Set<string>, failed: Failed): void {
  window.fetch = new Proxy(window.fetch, {
    apply(fetch, self, call: [Request, RequestInit | undefined]) {
      const plain = [...call];
      let path: string | undefined;
      let options: Options;
      attempt(() => {
        const [input, init] = call;
        // A request without CORS cannot have our headers.
        if ((init?.mode ?? input.mode) === "no-cors") return;
        const url = resolve(input.url ?? input);
        const fields = fieldsFor(HEADERS, url);
        if (!fields[0] || alone.has(url.pathname)) return;
        path = url.pathname;
        options = init;

        if (input.url || (init && Object.getPrototypeOf(init) !== Object.prototype)) {
          // The browser itself must read a Request, and options that are no plain object.
          const request = new Request(input, init);
          // The copy now has the body, so it must be sent even if an error follows.
          call.splice(0, 2, (options = request));
          addMissing(fields, request.headers);
          return;
        }
        // An earlier wrapper of `fetch` may read or change the headers. Pass them in the form that the page chose.
        const own = init?.headers as (HeadersInit & Partial<Iterable<unknown>>) | undefined;
        const headers = new Headers(own);
        const missing = addMissing(fields, headers);
        call[1] = {
          ...init,
          headers: Array.isArray(own)
            ? [...own, ...missing]
            : own?.[Symbol.iterator]
              ? headers
              : { ...(own as Record<string, string>), ...Object.fromEntries(missing) },
        };
      });
      const answer: Promise<unknown> | undefined = Reflect.apply(fetch, self, call);
      return path
        ? (answer?.catch?.((error: Error) =>
            failed(error, path!, options, () => Reflect.apply(fetch, self, plain)),
          ) ?? answer)
        : answer;
    },
  });
}
