// `fetch` carries headers.

import { addMissing, type FieldsFor, HEADERS } from "./fields.ts";
import { hook } from "./hook.ts";
import { resolve } from "./targets.ts";

/** Lets requests by `fetch` carry what they are to. */
export function attachToFetch(fieldsFor: FieldsFor): void {
  hook(window, "fetch", (call) => {
    const [input, init] = call as [Request, RequestInit | undefined];
    // A request without CORS cannot have our headers.
    if ((init?.mode ?? input.mode) === "no-cors") return;
    const fields = fieldsFor(HEADERS, resolve(input.url ?? input));
    if (!fields[0]) return;

    if (input.url || (init && Object.getPrototypeOf(init) !== Object.prototype)) {
      // The host itself reads a Request, and options that are more than a plain object.
      const request = new Request(input, init);
      // The copy now has the body, so it must be sent even if an error follows.
      call.splice(0, 2, request);
      addMissing(fields, request.headers);
      return;
    }
    // Wrappers within may read or change the options and headers, so each stays what it is.
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
}
