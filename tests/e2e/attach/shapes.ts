// Shapes of calls: the ways in which pages call fetch, XMLHttpRequest and sendBeacon.

import type { Scheme } from "./recorder.ts";
import type { Outcome, Tools } from "./tools.ts";

declare const tools: Tools;

/** Addresses of one shape's own endpoint. */
export interface At {
  /** Path only. */
  path: string;
  /** At the page's own origin. */
  own: string;
  /** At an origin that the page has listed. */
  listed: string;
  /** At an origin that it has not. */
  foreign: string;
}

export interface Shape {
  name: string;
  /** `true` if its requests have to carry the bridge's fields. */
  carries: boolean;
  /** The number of requests that reach the server, without preflights. */
  sends: Record<Scheme, number>;
  /** Runs in the page, so it may use only `tools` and its parameter. It may return a promise. */
  run(at: At): Outcome;
}

const shape =
  (carries: boolean) =>
  (name: string, run: Shape["run"], overHttp1 = 1, overHttp2 = overHttp1): Shape => ({
    name,
    carries,
    sends: { http: overHttp1, https: overHttp2 },
    run,
  });
const carried = shape(true);
const left = shape(false);

const fetchShapes: Shape[] = [
  carried("fetch of a path", ({ path }) => tools.answer(() => fetch(path))),
  carried("fetch of an address with query and fragment", ({ own }) =>
    tools.answer(() => fetch(`${own}?q=a%20b&flag#part`)),
  ),
  carried("fetch of a URL object", ({ own }) => tools.answer(() => fetch(new URL(own)))),
  carried("fetch of an object with a toString of its own", ({ path }) =>
    tools.answer(() => fetch({ toString: () => path } as unknown as string)),
  ),
  carried("fetch with undefined options", ({ path }) => tools.answer(() => fetch(path, undefined))),
  carried("fetch with null for options", ({ path }) =>
    tools.answer(() => fetch(path, null as unknown as RequestInit)),
  ),
  carried("fetch with an argument too many", ({ path }) =>
    tools.answer(() => (fetch as (...call: unknown[]) => Promise<Response>)(path, {}, "more")),
  ),
  carried("fetch called without window", ({ path }) => {
    const { fetch } = window;
    return tools.answer(() => Reflect.apply(fetch, null, [path]));
  }),
  carried("fetch with headers as an object, in mixed case", ({ path }) =>
    tools.answer(() => fetch(path, { headers: { "X-Mixed-Case": "1", accept: "text/x" } })),
  ),
  carried("fetch with headers as Headers", ({ path }) =>
    tools.answer(() => fetch(path, { headers: new Headers({ "X-One": "1" }) })),
  ),
  carried("fetch with headers as pairs, one name twice", ({ path }) =>
    tools.answer(() =>
      fetch(path, {
        headers: [
          ["X-Twice", "1"],
          ["X-Twice", "2"],
        ],
      }),
    ),
  ),
  carried("fetch with headers from a generator, which can be read once", ({ path }) => {
    const pairs = function* () {
      yield ["x-from", "a generator"];
    };
    return tools.answer(() => fetch(path, { headers: pairs() as unknown as HeadersInit }));
  }),
  carried("fetch with headers as a Map", ({ path }) =>
    tools.answer(() => fetch(path, { headers: new Map([["x-map", "1"]]) as unknown as HeadersInit })),
  ),
  carried("fetch with headers without a prototype", ({ path }) =>
    tools.answer(() =>
      fetch(path, { headers: Object.assign(Object.create(null), { "x-bare": "1" }) as HeadersInit }),
    ),
  ),
  carried("fetch with a header of ours that the page has set", ({ path }) =>
    tools.answer(() => fetch(path, { headers: { "X-Capi-Fbp": "mine" } })),
  ),
  carried("fetch with all headers of ours set by the page", ({ path }) =>
    tools.answer(() =>
      fetch(path, { headers: { "x-capi-fbp": "a", "x-capi-fbc": "", "x-capi-event-id": "c" } }),
    ),
  ),
  carried("fetch that posts text", ({ path }) =>
    tools.answer(() => fetch(path, { method: "POST", body: "Größe 🛒" })),
  ),
  carried("fetch that posts JSON with the method in lower case", ({ path }) =>
    tools.answer(() =>
      fetch(path, { method: "post", body: '{"n":1}', headers: { "Content-Type": "application/json" } }),
    ),
  ),
  carried(
    "fetch that patches in lower case, which is another method than PATCH",
    ({ path }) => tools.answer(() => fetch(path, { method: "patch", body: "x" })),
    // Node's HTTP/1.1 server does not know this method.
    0,
    1,
  ),
  carried("fetch that posts a form's parameters", ({ path }) =>
    tools.answer(() => fetch(path, { method: "POST", body: new URLSearchParams({ a: "1 2" }) })),
  ),
  carried("fetch that posts form data with a file", ({ path }) => {
    const body = new FormData();
    body.append("text", "1");
    body.append("file", new Blob(["file"], { type: "text/x" }), "name.txt");
    return tools.answer(() => fetch(path, { method: "POST", body }));
  }),
  carried("fetch that posts a Blob", ({ path }) =>
    tools.answer(() => fetch(path, { method: "POST", body: new Blob(["blob"], { type: "text/x" }) })),
  ),
  carried("fetch that posts bytes", ({ path }) =>
    tools.answer(() => fetch(path, { method: "POST", body: new Uint8Array([97, 98, 99]).subarray(1) })),
  ),
  carried("fetch that puts an empty body", ({ path }) =>
    tools.answer(() => fetch(path, { method: "PUT", body: "" })),
  ),
  carried("fetch that deletes", ({ path }) => tools.answer(() => fetch(path, { method: "DELETE" }))),
  carried("fetch that asks for the head", ({ path }) => tools.answer(() => fetch(path, { method: "HEAD" }))),
  carried("fetch with keepalive", ({ path }) =>
    tools.answer(() => fetch(path, { method: "POST", body: "kept", keepalive: true })),
  ),
  left(
    "fetch with keepalive and a body over the limit",
    ({ path }) =>
      tools.answer(() => fetch(path, { method: "POST", body: "x".repeat(70_000), keepalive: true })),
    0,
  ),
  carried("fetch of a Request", ({ path }) => tools.answer(() => fetch(new Request(path)))),
  carried("fetch of a Request with everything set", ({ path }) =>
    tools.answer(() =>
      fetch(
        new Request(path, {
          method: "PUT",
          body: "body",
          headers: { "X-Own": "1" },
          referrer: "/from",
          referrerPolicy: "same-origin",
          credentials: "same-origin",
          cache: "no-store",
          keepalive: true,
        }),
      ),
    ),
  ),
  carried("fetch of a Request with options beside it", ({ path }) =>
    tools.answer(() =>
      fetch(new Request(path, { method: "POST", body: "a", headers: { "x-first": "1" } }), {
        headers: { "x-second": "2" },
        body: "b",
      }),
    ),
  ),
  carried("fetch of a Request with a signal beside it", ({ path }) =>
    tools.answer(() =>
      fetch(new Request(path, { headers: { "x-first": "1" } }), { signal: new AbortController().signal }),
    ),
  ),
  carried("fetch of a Request with a body, twice", async ({ path }) => {
    const request = new Request(path, { method: "POST", body: "once" });
    const first = await tools.answer(() => fetch(request));
    return { first, used: request.bodyUsed, second: await tools.answer(() => fetch(request)) };
  }),
  carried(
    "fetch of a Request without a body, twice",
    async ({ path }) => {
      const request = new Request(path);
      return [await tools.answer(() => fetch(request)), await tools.answer(() => fetch(request))];
    },
    2,
  ),
  carried(
    "fetch of a Request and its clone",
    async ({ path }) => {
      const request = new Request(path, { method: "POST", body: "cloned" });
      const clone = request.clone();
      return [await tools.answer(() => fetch(request)), await tools.answer(() => fetch(clone))];
    },
    2,
  ),
  carried("fetch of a Request of a class of the page", ({ path }) => {
    class Own extends Request {}
    return tools.answer(() => fetch(new Own(path, { headers: { "x-own": "1" } })));
  }),
  carried("fetch of a Request from an iframe", ({ own }) => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    const { Request } = frame.contentWindow as unknown as { Request: typeof globalThis.Request };
    return tools.answer(() => fetch(new Request(own, { headers: { "x-frame": "1" } })));
  }),
  carried("fetch with options from an iframe", ({ path }) => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    const { Object } = frame.contentWindow as unknown as { Object: typeof globalThis.Object };
    const init = Object.assign(new Object(), { method: "POST", body: "x", headers: { "x-frame": "1" } });
    return tools.answer(() => fetch(path, init as RequestInit));
  }),
  carried("fetch with a Request for options", ({ path, own }) =>
    tools.answer(() =>
      fetch(
        path,
        new Request(own, { method: "DELETE", headers: { "x-own": "1" } }) as unknown as RequestInit,
      ),
    ),
  ),
  carried("fetch with options that inherit theirs", ({ path }) =>
    tools.answer(() => fetch(path, Object.create({ method: "PUT", body: "inherited" }) as RequestInit)),
  ),
  carried("fetch with options of a class, with getters", ({ path }) => {
    class Options {
      #method = "POST";
      get method() {
        return this.#method;
      }
      get headers() {
        return { "x-getter": "1" };
      }
    }
    return tools.answer(() => fetch(path, new Options()));
  }),
  carried("fetch with frozen options", async ({ path }) => {
    const init = Object.freeze({ method: "POST", body: "x", headers: Object.freeze({ "x-own": "1" }) });
    return [await tools.answer(() => fetch(path, init)), JSON.stringify(init)];
  }),
  carried(
    "fetch whose caller looks at its options and headers afterwards",
    async ({ path }) => {
      const headers = new Headers({ "x-own": "1" });
      const pairs: [string, string][] = [["x-own", "2"]];
      const init = { method: "POST", headers };
      const request = new Request(path, init);
      const answers = [
        await tools.answer(() => fetch(path, init)),
        await tools.answer(() => fetch(path, { headers: pairs })),
        await tools.answer(() => fetch(request)),
      ];
      return [
        answers,
        Object.keys(init),
        init.headers === headers,
        [...headers],
        pairs,
        [...request.headers],
      ];
    },
    3,
  ),
  left(
    "fetch whose signal was aborted before",
    ({ path }) => tools.answer(() => fetch(path, { signal: AbortSignal.abort() })),
    0,
  ),
  left(
    "fetch whose signal was aborted before, with a reason",
    ({ path }) => tools.answer(() => fetch(path, { signal: AbortSignal.abort(new RangeError("why")) })),
    0,
  ),
  carried("fetch that is aborted under way", ({ path }) => {
    const controller = new AbortController();
    void tools.arrived(path).then(() => controller.abort());
    return tools.answer(() => fetch(`${path}?slow`, { signal: controller.signal }));
  }),
  carried("fetch of a Request that is aborted under way, with a reason", ({ path }) => {
    const controller = new AbortController();
    void tools.arrived(path).then(() => controller.abort("enough"));
    return tools.answer(() => fetch(new Request(`${path}?slow`, { signal: controller.signal })));
  }),
  carried("fetch of a Request that is aborted while its answer is read", ({ path }) => {
    const controller = new AbortController();
    return tools.answer(async () => {
      const response = await fetch(new Request(`${path}?begin`, { signal: controller.signal }));
      controller.abort();
      return response;
    });
  }),
  carried("fetch that runs out of time", ({ path }) =>
    tools.answer(() => fetch(`${path}?slow`, { signal: AbortSignal.timeout(1500) })),
  ),
  left("fetch without CORS", ({ path }) => tools.answer(() => fetch(path, { mode: "no-cors" }))),
  left("fetch without CORS to a foreign origin", ({ foreign }) =>
    tools.answer(() => fetch(foreign, { mode: "no-cors", method: "POST", body: "x" })),
  ),
  left("fetch without CORS to a listed origin", ({ listed }) =>
    tools.answer(() => fetch(listed, { mode: "no-cors" })),
  ),
  left("fetch of a Request without CORS", ({ listed }) =>
    tools.answer(() => fetch(new Request(listed, { mode: "no-cors" }))),
  ),
  carried("fetch of a Request without CORS, with CORS after all", ({ path }) =>
    tools.answer(() => fetch(new Request(path, { mode: "no-cors" }), { mode: "cors" })),
  ),
  left("fetch to a foreign origin", ({ foreign }) => tools.answer(() => fetch(foreign))),
  left("fetch of JSON to a foreign origin, with a preflight of its own", ({ foreign }) =>
    tools.answer(() =>
      fetch(foreign, { method: "POST", body: "{}", headers: { "content-type": "application/json" } }),
    ),
  ),
  left("fetch of a Request to a foreign origin, with cookies", ({ foreign }) =>
    tools.answer(() => fetch(new Request(foreign, { credentials: "include" }))),
  ),
  carried("fetch to a listed origin", ({ listed }) => tools.answer(() => fetch(listed))),
  carried("fetch of a Request to a listed origin, with cookies", ({ listed }) =>
    tools.answer(() => fetch(new Request(listed, { method: "POST", body: "x", credentials: "include" }))),
  ),
  left(
    "fetch to a foreign origin with the mode same-origin",
    ({ foreign }) => tools.answer(() => fetch(foreign, { mode: "same-origin" })),
    0,
  ),
  left(
    "fetch to a listed origin with the mode same-origin",
    ({ listed }) => tools.answer(() => fetch(listed, { mode: "same-origin" })),
    0,
  ),
  carried("fetch to the own origin with the mode same-origin", ({ path }) =>
    tools.answer(() => fetch(path, { mode: "same-origin" })),
  ),
  left(
    "fetch only if cached",
    ({ path }) => tools.answer(() => fetch(path, { cache: "only-if-cached", mode: "same-origin" })),
    0,
  ),
  left(
    "fetch only if cached, in a mode that may not",
    ({ path }) => tools.answer(() => fetch(path, { cache: "only-if-cached" })),
    0,
  ),
  carried(
    "fetch only if cached, of what is cached",
    async ({ path }) => [
      await tools.answer(() => fetch(`${path}?cached`)),
      await tools.answer(() => fetch(`${path}?cached`, { cache: "only-if-cached", mode: "same-origin" })),
    ],
    1,
  ),
  carried("fetch that reloads", ({ path }) => tools.answer(() => fetch(path, { cache: "reload" }))),
  carried("fetch with the right integrity", ({ path }) =>
    // SHA-256 of "answer", by openssl.
    tools.answer(() => fetch(path, { integrity: "sha256-DbUvQHbAglGEEq/T3TV24ssMY3A/1/7V4jreYO/vMdk=" })),
  ),
  carried("fetch with the wrong integrity", ({ path }) =>
    tools.answer(() => fetch(path, { integrity: "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" })),
  ),
  carried(
    "fetch that is redirected within the origin",
    ({ path }) => tools.answer(() => fetch(`${path}?redirect=${encodeURIComponent(`${path}?after`)}`)),
    2,
  ),
  carried(
    "fetch that posts and is redirected with its body",
    ({ path }) =>
      tools.answer(() =>
        fetch(`${path}?status=307&redirect=${encodeURIComponent(`${path}?after`)}`, {
          method: "POST",
          body: "again",
        }),
      ),
    2,
  ),
  carried("fetch that wants to see a redirect", ({ path }) =>
    tools.answer(() => fetch(`${path}?redirect=/elsewhere`, { redirect: "manual" })),
  ),
  carried("fetch that wants no redirect", ({ path }) =>
    tools.answer(() => fetch(new Request(`${path}?redirect=/elsewhere`, { redirect: "error" }))),
  ),
  carried("fetch answered 404", ({ path }) => tools.answer(() => fetch(`${path}?status=404`))),
  carried("fetch answered 204", ({ path }) => tools.answer(() => fetch(`${path}?status=204`))),
  carried("fetch that posts and loses its connection", ({ path }) =>
    tools.answer(() => fetch(`${path}?close`, { method: "POST", body: "lost" })),
  ),
  carried("fetch without cookies and referrer", ({ path }) =>
    tools.answer(() => fetch(path, { credentials: "omit", referrerPolicy: "no-referrer" })),
  ),
  carried("fetch with a priority", ({ path }) =>
    tools.answer(() => fetch(path, { priority: "low" } as RequestInit)),
  ),
  // Over HTTP/1.1 the browser refuses upload streams.
  carried(
    "fetch of an upload stream",
    ({ path }) =>
      tools.answer(() =>
        fetch(path, {
          method: "POST",
          body: new Blob(["streamed"]).stream(),
          duplex: "half",
        } as RequestInit),
      ),
    0,
    1,
  ),
  carried(
    "fetch of a Request with an upload stream",
    ({ path }) =>
      tools.answer(() =>
        fetch(
          new Request(path, {
            method: "POST",
            body: new Blob(["streamed"]).stream(),
            duplex: "half",
            headers: { "x-own": "1" },
          } as RequestInit),
        ),
      ),
    0,
    1,
  ),
  left(
    "fetch of an upload stream that does not say duplex",
    ({ path }) => tools.answer(() => fetch(path, { method: "POST", body: new Blob(["x"]).stream() })),
    0,
  ),
  left("fetch of no argument", () => tools.answer(() => Reflect.apply(fetch, window, [])), 0),
  left(
    "fetch on an object that is no window",
    ({ path }) => tools.answer(() => Reflect.apply(fetch, {}, [path])),
    0,
  ),
  left("fetch of a bad address", () => tools.answer(() => fetch("http://")), 0),
  left(
    "fetch of an address with a password",
    ({ own }) => tools.answer(() => fetch(own.replace("://", "://user:word@"))),
    0,
  ),
  left(
    "fetch of an object whose toString throws",
    () =>
      tools.answer(() =>
        fetch({
          toString() {
            throw new RangeError("no text");
          },
        } as unknown as string),
      ),
    0,
  ),
  left("fetch of a symbol", () => tools.answer(() => fetch(Symbol("s") as unknown as string)), 0),
  left(
    "fetch with a bad header name",
    ({ path }) => tools.answer(() => fetch(path, { headers: { "bad name": "1" } })),
    0,
  ),
  left(
    "fetch with a bad header value",
    ({ path }) => tools.answer(() => fetch(path, { headers: { "x-own": "Größe 🛒" } })),
    0,
  ),
  left(
    "fetch with null for headers",
    ({ path }) => tools.answer(() => fetch(path, { headers: null as unknown as HeadersInit })),
    0,
  ),
  left(
    "fetch with a body that GET may not have",
    ({ path }) => tools.answer(() => fetch(path, { body: "x" })),
    0,
  ),
  left(
    "fetch with a forbidden method",
    ({ path }) => tools.answer(() => fetch(path, { method: "TRACE" })),
    0,
  ),
  left(
    "fetch with a number for options",
    ({ path }) => tools.answer(() => fetch(path, 5 as unknown as RequestInit)),
    0,
  ),
  left(
    "fetch with options that throw when they are read",
    ({ path }) =>
      tools.answer(() =>
        fetch(path, {
          get method(): string {
            throw new RangeError("not to be read");
          },
        }),
      ),
    0,
  ),
  left(
    "fetch of a Blob's address",
    () =>
      tools.answer(async () => {
        const url = URL.createObjectURL(new Blob(["blob"]));
        const response = await fetch(url);
        return new Response(`${await response.text()} ${response.url === url}`);
      }),
    0,
  ),
  left("fetch of a data address", () => tools.answer(() => fetch("data:text/plain,data")), 0),
  left("fetch of an address of no known kind", () => tools.answer(() => fetch("x-app:thing")), 0),
];

const xhrShapes: Shape[] = [
  carried("XHR that gets", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", path);
      request.send();
    }),
  ),
  carried("XHR that posts text, the method in lower case", ({ path }) =>
    tools.xhr((request) => {
      request.open("post", path);
      request.setRequestHeader("Content-Type", "application/json");
      return request.send('{"size":"Größe"}');
    }),
  ),
  carried("XHR with a URL object and null for a body", ({ own }) =>
    tools.xhr((request) => {
      request.open("GET", new URL(own), true);
      request.send(null);
    }),
  ),
  carried("XHR that is synchronous", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", path, false);
      request.send();
      return request.responseText;
    }),
  ),
  carried("XHR that is synchronous and loses its connection", ({ path }) =>
    tools.xhr((request) => {
      request.open("POST", `${path}?close`, false);
      request.send("lost");
    }),
  ),
  carried(
    "XHR that is used again",
    ({ path }) =>
      tools.xhr(async (request) => {
        request.open("GET", path);
        request.setRequestHeader("x-first", "1");
        request.send();
        await new Promise((done) => request.addEventListener("loadend", done, { once: true }));
        request.open("POST", path);
        request.setRequestHeader("x-second", "2");
        request.send("again");
      }),
    2,
  ),
  carried("XHR that is opened twice, first elsewhere", ({ path, foreign }) =>
    tools.xhr((request) => {
      request.open("GET", foreign);
      request.setRequestHeader("x-capi-fbp", "of the first");
      request.open("GET", path);
      request.send();
    }),
  ),
  left("XHR that is opened twice, the second time elsewhere", ({ path, foreign }) =>
    tools.xhr((request) => {
      request.open("GET", path);
      request.open("GET", foreign);
      request.send();
    }),
  ),
  carried("XHR whose second opening fails", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", path);
      const second = tools.result(() => request.open("GET", "http://"));
      request.send();
      return JSON.stringify(second);
    }),
  ),
  carried("XHR with a header that grows", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", path);
      request.setRequestHeader("X-Grows", "1");
      request.setRequestHeader("x-grows", "2");
      request.send();
    }),
  ),
  carried("XHR with a header of ours that the page has set", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", path);
      request.setRequestHeader("X-Capi-Event-Id", "mine");
      request.send();
    }),
  ),
  carried("XHR with a bad header between good ones", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", path);
      request.setRequestHeader("x-own", "1");
      const bad = [
        tools.result(() => request.setRequestHeader("bad name", "1")),
        tools.result(() => request.setRequestHeader("x-own", "🛒")),
        tools.result(() => (request as unknown as { setRequestHeader(): void }).setRequestHeader()),
      ];
      request.send();
      return JSON.stringify(bad);
    }),
  ),
  left(
    "XHR that is opened and not sent",
    ({ path }) =>
      tools.result(() => {
        const request = new XMLHttpRequest();
        return [request.open("GET", path), request.readyState];
      }),
    0,
  ),
  left("XHR that is sent before it is opened", () => tools.result(() => new XMLHttpRequest().send()), 0),
  left(
    "XHR with a header before it is opened",
    () => tools.result(() => new XMLHttpRequest().setRequestHeader("x-own", "1")),
    0,
  ),
  carried("XHR that is sent twice", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", path);
      request.send();
      return JSON.stringify([
        tools.result(() => request.send()),
        tools.result(() => request.setRequestHeader("x-late", "1")),
      ]);
    }),
  ),
  carried("XHR that answers JSON", ({ path }) =>
    tools.xhr((request) => {
      request.responseType = "json";
      request.open("GET", `${path}?json`);
      request.send();
    }),
  ),
  carried("XHR that overrides the type of its answer", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", path);
      request.overrideMimeType("text/plain; charset=x-user-defined");
      request.send();
    }),
  ),
  left(
    "XHR that is synchronous with a type of answer",
    ({ path }) =>
      tools.result(() => {
        const request = new XMLHttpRequest();
        request.responseType = "json";
        request.open("GET", path, false);
      }),
    0,
  ),
  carried("XHR that listens to its upload", ({ path }) => {
    const events: string[] = [];
    return tools.xhr((request) => {
      for (const type of ["loadstart", "load", "loadend"])
        request.upload.addEventListener(type, () => events.push(type));
      request.open("POST", path);
      request.send("up");
      return events;
    });
  }),
  left("XHR to a foreign origin that listens to its upload", ({ foreign }) =>
    tools.xhr((request) => {
      request.upload.addEventListener("load", () => undefined);
      request.open("POST", foreign);
      request.send("up");
    }),
  ),
  left("XHR to a foreign origin", ({ foreign }) =>
    tools.xhr((request) => {
      request.open("GET", foreign);
      request.send();
    }),
  ),
  left("XHR to a foreign origin that listens to its upload afterwards", ({ foreign }) =>
    tools.xhr((request) => {
      request.open("POST", foreign);
      request.send("up");
      request.upload.addEventListener("load", () => undefined);
    }),
  ),
  carried("XHR to a listed origin, with cookies", ({ listed }) =>
    tools.xhr((request) => {
      request.open("POST", listed);
      request.withCredentials = true;
      request.send("x");
    }),
  ),
  carried("XHR with user and password", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", path, true, "user", "word");
      request.send();
    }),
  ),
  carried("XHR that is aborted under way", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", `${path}?slow`);
      request.send();
      void tools.arrived(path).then(() => request.abort());
    }),
  ),
  carried("XHR that is aborted before it is sent", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", path);
      request.abort();
      request.send();
    }),
  ),
  carried("XHR that runs out of time", ({ path }) =>
    tools.xhr((request) => {
      request.open("GET", `${path}?slow`);
      request.timeout = 1500;
      request.send();
    }),
  ),
  carried("XHR that posts form data", ({ path }) =>
    tools.xhr((request) => {
      const data = new FormData();
      data.append("text", "1");
      request.open("POST", path);
      request.send(data);
    }),
  ),
  carried("XHR that posts a document", ({ path }) =>
    tools.xhr((request) => {
      request.open("POST", path);
      request.send(new DOMParser().parseFromString("<a>1</a>", "text/xml"));
    }),
  ),
  carried(
    "XHR that is redirected within the origin",
    ({ path }) =>
      tools.xhr((request) => {
        request.open("GET", `${path}?redirect=${encodeURIComponent(`${path}?after`)}`);
        request.send();
      }),
    2,
  ),
  carried("XHR of a class of the page", async ({ path }) => {
    class Own extends XMLHttpRequest {
      opened = 0;
      override open(method: string, url: string | URL) {
        this.opened += 1;
        super.open(method, url);
      }
    }
    const request = new Own();
    request.open("GET", path);
    request.send();
    await new Promise((done) => (request.onload = done));
    return [request.opened, request.responseText];
  }),
  left(
    "XHR of a bad address, with a forbidden method, with no argument",
    () => {
      const request = new XMLHttpRequest();
      return [
        tools.result(() => request.open("GET", "http://")),
        tools.result(() => request.open("TRACE", "/")),
        tools.result(() => Reflect.apply(request.open, request, [])),
        tools.result(() => Reflect.apply(request.open, {}, ["GET", "/"])),
        tools.result(() => Reflect.apply(request.send, undefined, [])),
      ];
    },
    0,
  ),
  left(
    "XHR of a Blob's address",
    async () => {
      const request = new XMLHttpRequest();
      request.open("GET", URL.createObjectURL(new Blob(["blob"])));
      request.send();
      await new Promise((done) => (request.onloadend = done));
      return [request.status, request.responseText];
    },
    0,
  ),
];

const beaconShapes: Shape[] = [
  carried("beacon without data", ({ path }) => tools.result(() => navigator.sendBeacon(path))),
  carried("beacon with text", ({ own }) => tools.result(() => navigator.sendBeacon(own, "Größe"))),
  carried("beacon with a URL object and a Blob", ({ own }) =>
    tools.result(() => navigator.sendBeacon(new URL(own), new Blob(["blob"], { type: "text/plain" }))),
  ),
  carried("beacon with form data", ({ path }) => {
    const data = new FormData();
    data.append("text", "1");
    return tools.result(() => navigator.sendBeacon(path, data));
  }),
  carried("beacon with parameters", ({ path }) =>
    tools.result(() => navigator.sendBeacon(path, new URLSearchParams({ a: "1 2" }))),
  ),
  carried("beacon with bytes", ({ path }) =>
    tools.result(() => navigator.sendBeacon(path, new Uint8Array([97, 98]))),
  ),
  carried("beacon with a query, in words of its own, and a fragment", ({ path }) =>
    tools.result(() => navigator.sendBeacon(`${path}?q=a%20b+c&flag&e=%C3%9f&q='#part`, "x")),
  ),
  carried("beacon with a parameter of ours that the page has set", ({ path }) =>
    tools.result(() => navigator.sendBeacon(`${path}?capi-fbc=mine`, "x")),
  ),
  carried("beacon to a listed origin", ({ listed }) => tools.result(() => navigator.sendBeacon(listed, "x"))),
  left("beacon to a foreign origin", ({ foreign }) =>
    tools.result(() => navigator.sendBeacon(`${foreign}?a=1`, "x")),
  ),
  left(
    "beacon over the limit",
    ({ path }) => tools.result(() => navigator.sendBeacon(path, "x".repeat(70_000))),
    0,
  ),
  left("beacon to a bad address", () => tools.result(() => navigator.sendBeacon("http://")), 0),
  left(
    "beacon to an address that is not of the web",
    () => tools.result(() => navigator.sendBeacon("data:,x")),
    0,
  ),
  left(
    "beacon without an argument, and on another object",
    () => [
      tools.result(() => Reflect.apply(navigator.sendBeacon, navigator, [])),
      tools.result(() => Reflect.apply(navigator.sendBeacon, undefined, ["/"])),
      tools.result(() => Reflect.apply(navigator.sendBeacon, {}, ["/"])),
    ],
    0,
  ),
  left(
    "beacon of a stream",
    ({ path }) =>
      tools.result(() => navigator.sendBeacon(path, new Blob(["x"]).stream() as unknown as string)),
    0,
  ),
];

/** All shapes, by the function that they call. */
export const SHAPES = { fetch: fetchShapes, XMLHttpRequest: xhrShapes, sendBeacon: beaconShapes };
