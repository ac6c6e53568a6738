// Tools for shapes in the page. They record an outcome as data, so that two outcomes can be compared.

/** The outcome of a call for its caller, as plain data. */
export type Outcome = unknown;

export interface Tools {
  /** Returns the answer of a call, or its error. `sync` is set if the call itself threw. */
  answer(call: () => Promise<Response>): Promise<Outcome>;
  /** Returns the result of a call, or its error. */
  result(call: () => unknown): Outcome;
  /** Waits until the server has a request for this path. Asks the server with the browser's own `fetch`. */
  arrived(path: string): Promise<void>;
  /** Lets `use` open and send a request. Returns the events of the request until its end. */
  xhr(use: (request: XMLHttpRequest) => unknown): Promise<Outcome>;
}

/** Installs the tools. Runs in the page before any other script, so it has the browser's own functions. */
export function installTools(): void {
  const error = (thrown: unknown) =>
    thrown instanceof Error || thrown instanceof DOMException
      ? { error: thrown.constructor.name, name: thrown.name, message: thrown.message }
      : { error: String(thrown) };
  const timeout = <T>(work: Promise<T>) =>
    Promise.race([work, new Promise((done) => setTimeout(done, 10_000, "no end within 10 s"))]);

  const read = async (response: Response) => ({
    type: response.type,
    url: response.url,
    status: response.status,
    statusText: response.statusText,
    redirected: response.redirected,
    headers: [...response.headers],
    body: await response.text().catch(error),
  });

  const host = { fetch, setTimeout };
  const tools: Tools = {
    async arrived(path) {
      for (let tries = 0; tries < 500; tries += 1) {
        const answer = await host.fetch.call(window, path.replace("/echo/", "/seen/"));
        if ((await answer.text()) === "true") return;
        await new Promise((done) => host.setTimeout.call(window, done, 20));
      }
      throw new Error(`nothing arrived for ${path}`);
    },
    async answer(call) {
      let promise;
      try {
        promise = call();
      } catch (thrown) {
        return { sync: true, ...error(thrown) };
      }
      if (!(promise instanceof Promise)) return { notAPromise: String(promise) };
      return await timeout(promise.then(read, error));
    },
    result(call) {
      try {
        return { returned: call() };
      } catch (thrown) {
        return error(thrown);
      }
    },
    async xhr(use) {
      const request = new XMLHttpRequest();
      const events: string[] = [];
      const note = (target: string) => (event: Event) => {
        const line = `${target}${event.type} ${request.readyState}`;
        // The number of progress events depends on the network, so repeated ones count once.
        if (events.at(-1) !== line) events.push(line);
      };
      for (const type of ["readystatechange", "loadstart", "progress", "load", "error", "abort", "timeout"])
        request.addEventListener(type, note(""));
      let used;
      try {
        const value = await use(request);
        used = { returned: value === undefined ? "undefined" : value };
      } catch (thrown) {
        used = error(thrown);
      }
      if (request.readyState !== 0 && request.readyState !== 4 && !("error" in used))
        await timeout(new Promise((done) => request.addEventListener("loadend", done)));
      const text = request.responseType === "" || request.responseType === "text";
      return {
        used,
        events,
        readyState: request.readyState,
        status: request.status,
        url: request.responseURL,
        headers: request.getAllResponseHeaders(),
        response: text ? request.responseText : JSON.stringify(request.response),
      };
    },
  };
  Object.assign(window, { tools });
}
