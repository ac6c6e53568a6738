// The hooks among what else a page has: other wrappers, locked methods, frames, and who is asked when.

import { expect } from "@playwright/test";
import { HEADERS, type Hooked, test } from "./page.ts";

declare const window: { hooked: Hooked } & Record<string, unknown>;

const send = (url: string) => fetch(url).then(({ status }) => status);

test("the carrier is asked once per matching request, and for no other", async ({ site }) => {
  const page = await site.open();
  const asked = await page.evaluate(async (foreign) => {
    const after: number[] = [];
    const count = () => after.push(window.hooked.asked);
    await fetch("/echo/a");
    count();
    await fetch(new Request("/echo/b", { method: "POST", body: "x" }));
    count();
    const request = new XMLHttpRequest();
    request.open("GET", "/echo/c");
    request.setRequestHeader("x-own", "1");
    count();
    request.send();
    count();
    navigator.sendBeacon("/echo/d");
    count();
    await fetch(`${foreign}/echo/e`);
    await fetch("/echo/f", { mode: "no-cors" });
    navigator.sendBeacon(`${foreign}/echo/g`);
    await fetch(URL.createObjectURL(new Blob(["of the page, but not sent anywhere"])));
    count();
    return after;
  }, site.foreign);
  expect(asked).toEqual([1, 2, 2, 3, 4, 4]);
});

test("a request that is opened before consent and sent after it carries", async ({ site }) => {
  const page = await site.open({ after: "hooked.later = hooked.carried; hooked.carried = undefined;" });
  await page.evaluate(async () => {
    const request = new XMLHttpRequest();
    request.open("POST", "/echo/later");
    await fetch("/echo/before");
    const { hooked } = window as { hooked: Hooked & { later: Hooked["carried"] } };
    hooked.carried = hooked.later;
    request.send();
    await new Promise((done) => (request.onload = done));
  });
  expect(site.carried("before")).toEqual({});
  expect(site.carried("later")).toEqual(HEADERS);
});

test("what cannot be a header is left out, and the request goes out whole", async ({ site }) => {
  const page = await site.open({ after: `hooked.carried.eventId = "🛒"` });
  const answers = await page.evaluate(async () => {
    const text = (response: Response) => response.text();
    const answers = [
      await fetch("/echo/text", { method: "POST", body: "one" }).then(text),
      await fetch(new Request("/echo/request", { method: "POST", body: "two" })).then(text),
    ];
    const request = new XMLHttpRequest();
    request.open("POST", "/echo/xhr");
    request.send("three");
    await new Promise((done) => (request.onload = done));
    navigator.sendBeacon("/echo/beacon", "four");
    return [...answers, request.responseText];
  });
  expect(answers).toEqual(["answer", "answer", "answer"]);
  await expect.poll(() => site.recorder.received("beacon").length).toBe(1);
  for (const [name, body] of Object.entries({ text: "one", request: "two", xhr: "three", beacon: "four" })) {
    expect(site.recorder.received(name)[0]?.body).toBe(body);
    expect(site.carried(name)).not.toHaveProperty("x-capi-event-id");
  }
  expect(site.carried("beacon")).toEqual({ "capi-fbp": "fbp.1", "capi-event-id": "🛒" });
});

test.describe("the methods", () => {
  test("keep name, length, text and the properties that others gave them", async ({ site }) => {
    const looks = `(() => {
      const xhr = XMLHttpRequest.prototype;
      return [fetch, xhr.open, xhr.setRequestHeader, xhr.send, navigator.sendBeacon].map((method) =>
        [method.name, method.length, String(method).replace(/\\w+(?=\\()/, ""), method.mark]);
    })()`;
    const page = await site.open({
      before: `fetch.mark = 1; XMLHttpRequest.prototype.open.mark = 2; window.looked = ${looks};`,
      after: `window.looks = ${looks}; fetch.later = 3;`,
    });
    const [before, after] = await page.evaluate(() => [window["looked"], window["looks"]]);
    expect(after).toEqual(before);
    expect(await page.evaluate(() => (fetch as unknown as { later: number }).later)).toBe(3);
    expect(await page.evaluate(() => Object.keys(navigator))).toEqual([]);
  });

  test("return a promise of the host's answer; for a request that carries nothing, the host's own", async ({
    site,
  }) => {
    const page = await site.open({
      before: `const host = fetch; window.promises = []; window.fetch = (...call) => {
        const promise = host(...call); promises.push(promise); return promise; };`,
    });
    const same = await page.evaluate(async (foreign) => {
      const inputs = ["/echo/a", new Request("/echo/b"), `${foreign}/echo/c`];
      const promises = inputs.map((input) => fetch(input));
      const answers = await Promise.all(promises);
      const hosts = window["promises"] as Promise<Response>[];
      const hostsAnswers = await Promise.all(hosts);
      return [
        promises.every((promise) => promise instanceof Promise),
        answers.every((answer, at) => answer === hostsAnswers[at]),
        promises[2] === hosts[2],
      ];
    }, site.foreign);
    expect(same).toEqual([true, true, true]);
  });

  test("return what a function in place of fetch returns, if that is no promise", async ({ site }) => {
    const page = await site.open({ before: `window.fetch = (url) => (url.endsWith("/a") ? undefined : 7);` });
    expect(await page.evaluate(() => [fetch("/echo/a"), fetch("/echo/b")])).toEqual([undefined, 7]);
  });
});

test.describe("other wrappers", () => {
  test("that came first still get text for an address, and headers of the kind that the caller used", async ({
    site,
  }) => {
    const page = await site.open({
      before: `const host = fetch; window.fetch = (url, init = {}) => {
        // As such wrappers are: they take what they get for what they expect.
        if (url.endsWith("/sign")) init.headers.Authorization = "signed";
        if (url.endsWith("/append")) init.headers.append("authorization", "signed");
        if (url.endsWith("/push")) init.headers.push(["authorization", "signed"]);
        return host(url, init); };`,
    });
    const kept = await page.evaluate(async () => {
      const plain = { "x-own": "1" };
      const list: [string, string][] = [["x-own", "1"]];
      const headers = new Headers(plain);
      await fetch("/echo/sign", { headers: plain });
      await fetch("/echo/append", { headers });
      await fetch("/echo/push", { headers: list });
      return [plain, list, [...headers]];
    });
    for (const name of ["sign", "append", "push"]) {
      expect(site.carried(name)).toEqual(HEADERS);
      const headers = site.recorder
        .received(name)[0]
        ?.headers.map(([key, value]) => [key.toLowerCase(), value]);
      expect(headers).toContainEqual(["authorization", "signed"]);
      expect(headers).toContainEqual(["x-own", "1"]);
    }
    expect(kept).toEqual([{ "x-own": "1" }, [["x-own", "1"]], [["x-own", "1"]]]);
  });

  test("before and after ours work, on every method", async ({ site }) => {
    const wrap = (mark: string) => `{
      const { fetch: get } = window;
      window.fetch = (input, init) => { seen.push("${mark} fetch"); return get(input, init); };
      for (const name of ["open", "setRequestHeader", "send"]) {
        const method = XMLHttpRequest.prototype[name];
        XMLHttpRequest.prototype[name] = function (...call) { seen.push("${mark} " + name); return method.apply(this, call); };
      }
      const beacon = navigator.sendBeacon;
      navigator.sendBeacon = function (...call) { seen.push("${mark} beacon"); return beacon.apply(this, call); };
    }`;
    const page = await site.open({
      before: `window.seen = []; ${wrap("inner")}`,
      after: wrap("outer"),
    });
    const seen = await page.evaluate(async () => {
      await fetch("/echo/fetch");
      const request = new XMLHttpRequest();
      request.open("POST", "/echo/xhr");
      request.send();
      await new Promise((done) => (request.onload = done));
      navigator.sendBeacon("/echo/beacon");
      return window["seen"];
    });
    expect(seen).toEqual([
      ...["outer fetch", "inner fetch", "outer open", "inner open", "outer send"],
      // Ours, two of them: no wrapper outside takes them for the page's own.
      ...["inner setRequestHeader", "inner setRequestHeader"],
      ...["inner send", "outer beacon", "inner beacon"],
    ]);
    expect(site.carried("fetch")).toEqual(HEADERS);
    expect(site.carried("xhr")).toEqual(HEADERS);
    await expect.poll(() => site.recorder.received("beacon").length).toBe(1);
    expect(site.carried("beacon")).toEqual({ "capi-fbp": "fbp.1", "capi-event-id": "id.1" });
  });

  test("that ask once more through window.fetch do not make a request carry twice", async ({ site }) => {
    const page = await site.open({
      before: `const host = fetch; window.fetch = (url, init) =>
        url.endsWith("?again") ? host(url, init) : window.fetch(url + "?again", init);`,
    });
    expect(await page.evaluate(send, "/echo/again")).toBe(200);
    expect(site.carried("again")).toEqual(HEADERS);
  });

  test("that carry a fetch out as XHR do not make it carry twice", async ({ site }) => {
    const page = await site.open({
      before: `window.fetch = (url, init = {}) => new Promise((done) => {
        const request = new XMLHttpRequest();
        request.open("GET", url);
        new Headers(init.headers).forEach((value, name) => request.setRequestHeader(name, value));
        request.onload = () => done({ status: request.status });
        request.send();
      });`,
    });
    expect(await page.evaluate(send, "/echo/polyfill")).toBe(200);
    expect(site.carried("polyfill")).toEqual(HEADERS);
  });
});

test.describe("a page that", () => {
  for (const [what, before, others] of [
    [
      "has locked fetch",
      `Object.defineProperty(window, "fetch", { value: fetch, writable: false, configurable: false });`,
      ["xhr", "beacon"],
    ],
    ["has locked XMLHttpRequest", `Object.freeze(XMLHttpRequest.prototype);`, ["fetch", "beacon"]],
    ["has locked sendBeacon", `Object.freeze(Navigator.prototype);`, ["fetch", "xhr"]],
    ["has no fetch", `delete window.fetch;`, ["xhr", "beacon"]],
    ["has no XMLHttpRequest", `delete window.XMLHttpRequest;`, ["fetch", "beacon"]],
    ["has no sendBeacon", `delete Navigator.prototype.sendBeacon;`, ["fetch", "xhr"]],
  ] as const) {
    test(`${what} keeps what it has, and its other ways to send carry`, async ({ site }) => {
      const page = await site.open({ before });
      const used = await page.evaluate(async () => {
        const used: string[] = [];
        if ("fetch" in window) {
          await fetch("/echo/fetch");
          used.push("fetch");
        }
        if ("XMLHttpRequest" in window) {
          const request = new XMLHttpRequest();
          request.open("POST", "/echo/xhr");
          request.send();
          await new Promise((done) => (request.onload = done));
          used.push("xhr");
        }
        if (navigator["sendBeacon" as "onLine"]) {
          navigator.sendBeacon("/echo/beacon");
          used.push("beacon");
        }
        return used;
      });
      for (const name of used) {
        await expect.poll(() => site.recorder.received(name).length).toBe(1);
        const carries = (others as readonly string[]).includes(name);
        expect([name, Object.keys(site.carried(name)).length]).toEqual([name, carries ? 2 : 0]);
      }
      expect(used).toEqual(expect.arrayContaining([...others]));
    });
  }

  test("has a frame keeps the frame as it is", async ({ site }) => {
    const page = await site.open();
    await page.evaluate(async () => {
      const frame = document.body.appendChild(document.createElement("iframe"));
      const inside = frame.contentWindow as unknown as typeof globalThis;
      await inside.fetch("/echo/fetch");
      const request = new inside.XMLHttpRequest();
      request.open("GET", "/echo/xhr");
      request.send();
      await new Promise((done) => (request.onload = done));
      inside.navigator.sendBeacon("/echo/beacon");
    });
    await expect.poll(() => site.recorder.received("beacon").length).toBe(1);
    for (const name of ["fetch", "xhr", "beacon"]) expect(site.carried(name)).toEqual({});
  });
});
