// Tests the worker before a site: the requests to the site's server, the answers, and errors.

import { copyFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { buildSync } from "esbuild";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { edge as service } from "../../src/shell/testing/services.ts";
import { DATASET } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { browse, NAVIGATION, type Origin } from "../support/origin.ts";
import { ROOT, scratch } from "../support/sandbox.ts";
import { startEdge, startOrigin, startWorkerd } from "../support/started.ts";

/** The address of a server that these tests send no request to. */
const NOWHERE = "http://127.0.0.1:9";
const HTML = { "content-type": "text/html" };
/** Ends the streaming answer. */
let finish: (() => void) | undefined;

const answers: Parameters<typeof startOrigin>[0] = {
  "/": (_, response) => void response.writeHead(200, HTML).end("Kites"),
  "/moved-out": (request, response) =>
    void response.writeHead(302, { location: `http://${request.headers.host}/kites?a=1` }).end(),
  "/moved-by-forwarded": (request, response) =>
    void response
      .writeHead(302, { location: `http://${request.headers["x-forwarded-host"] as string}/kites` })
      .end(),
  "/moved": (request, response) => {
    // Node writes headers as latin-1, so the UTF-8 bytes are passed as latin-1.
    const to = Buffer.from(decodeURIComponent((request.url ?? "").split("to=")[1] ?? "")).toString("latin1");
    response.writeHead(302, { location: to }).end();
  },
  "/links": (request, response) => {
    const to = (request.url ?? "").split("to=")[1] ?? "";
    const link = `<${to}>; rel=preload`;
    response
      .writeHead(200, { ...HTML, "content-location": to, refresh: `0; URL="${to}"`, link })
      .end("Kites");
  },
  "/echo": (request, response) =>
    void request.pipe(response.writeHead(200, { "content-type": "text/plain" })),
  "/slow": (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
    finish = () => response.end("data: 2\n\n");
  },
};

let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin(answers);
});
afterEach(() => void origin.requests.splice(0));

const edge = (documents: object, changes: object = {}) =>
  startEdge(NOWHERE, { documents: { origin: origin.url, ...documents }, clientIp: undefined, ...changes });

describe("the origin", () => {
  test("hears who asked, and believes no one else's word for it", async () => {
    const shop = await edge({ cookies: "granted" });
    const forged = {
      ...NAVIGATION,
      "x-forwarded-for": "6.6.6.6",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil.example",
      forwarded: "for=6.6.6.6",
      "x-real-ip": "6.6.6.6",
    };
    const { cookies } = await browse(`${shop.url}/?q=%20a`, forged);
    expect(origin.requests[0]).toMatchObject({
      url: "/?q=%20a",
      headers: {
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "http",
        "x-forwarded-host": "www.shop.example",
      },
    });
    expect(origin.requests[0]?.headers).not.toHaveProperty("forwarded");
    expect(origin.requests[0]?.headers).not.toHaveProperty("x-real-ip");
    expect(cookies[0]).not.toContain("Secure");
    await shop.stop();
  });

  test("hears what a proxy of the operator's own said, and so do the cookies", async () => {
    const trustedHeaders = ["x-forwarded-proto", "x-forwarded-host"];
    const shop = await edge({ cookies: "granted" }, { clientIp: { trustedHops: 1 }, trustedHeaders });
    const { cookies } = await browse(
      `${shop.url}/`,
      {
        ...NAVIGATION,
        "x-forwarded-for": "8.8.4.4",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "www.kites.example",
      },
      "internal:8787",
    );
    expect(origin.requests[0]?.headers).toMatchObject({
      "x-forwarded-for": "8.8.4.4, 127.0.0.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "www.kites.example",
    });
    expect(cookies[0]).toMatch(/; Domain=kites\.example; .*; Secure$/);
    await shop.stop();
  });

  test.each<[string, object]>([
    ["nothing", {}],
    ["one proxy that adds addresses", { clientIp: { trustedHops: 1 } }],
    ["one proxy that writes Forwarded", { clientIp: { trustedHops: 1, hopsHeader: "forwarded" } }],
    ["Cloudflare in front", { clientIp: { cloudflare: true } }],
    ["a proxy that overwrites the scheme alone", { trustedHeaders: ["x-forwarded-proto"] }],
  ])("with %s configured, believes no visitor who plays the proxy", async (_, changes) => {
    const shop = await edge({ cookies: "granted" }, changes);
    const evil = {
      "x-forwarded-host": "evil.example",
      "x-forwarded-server": "evil.example",
      "x-forwarded-port": "evil",
      "x-forwarded-prefix": "//evil.example",
      "x-forwarded-anything": "evil.example",
      x_forwarded_host: "evil.example",
      "x-host": "evil.example",
      "x-original-host": "evil.example",
      "x-original-url": "/evil.example",
      "x-rewrite-url": "/evil.example",
      "x-http-method-override": "evil.example",
    };
    for (const url of [`${shop.url}/`, `${shop.url}/moved-by-forwarded`]) {
      const { headers, cookies } = await browse(`${url}?fbclid=Click-1`, { ...NAVIGATION, ...evil });
      expect(cookies.join()).toContain("; Domain=shop.example;");
      expect(JSON.stringify([headers, origin.requests.splice(0)])).not.toContain("evil");
    }
    // The worker reads the visitor's address from Forwarded if that is configured, and never the host.
    await browse(`${shop.url}/`, { ...NAVIGATION, forwarded: "for=8.8.4.4;host=evil.example;proto=evil" });
    expect(JSON.stringify(origin.requests)).not.toContain("evil");
    await shop.stop();
  });

  test("hears none of a header that came twice, since a proxy that overwrites writes it once", async () => {
    const trustedHeaders = ["x-forwarded-proto", "x-forwarded-host", "forwarded"];
    const shop = await edge({ cookies: "granted" }, { trustedHeaders });
    const twice = {
      ...NAVIGATION,
      "x-forwarded-host": ["evil.example", "www.kites.example"],
      "x-forwarded-proto": ["https", "http"],
      forwarded: ["host=evil.example;proto=https", "host=www.kites.example"],
    };
    const { cookies } = await browse(`${shop.url}/`, twice);
    expect(origin.requests[0]?.headers).toMatchObject({
      "x-forwarded-host": "www.shop.example",
      "x-forwarded-proto": "http",
    });
    expect(JSON.stringify(origin.requests)).not.toContain("evil");
    expect(cookies[0]).toContain("; Domain=shop.example;");
    expect(cookies[0]).not.toContain("Secure");
    await shop.stop();
  });

  test("that hears http although its proxy says https is named in the log, once", async () => {
    const shop = await edge({ cookies: "granted" }, { clientIp: { trustedHops: 1 } });
    for (let i = 0; i < 3; i += 1) {
      await browse(`${shop.url}/`, {
        ...NAVIGATION,
        "x-forwarded-proto": "https",
        "x-forwarded-for": "8.8.4.4",
      });
    }
    await eventually("the warning", async () => shop.lines.find((line) => line.includes("trustedHeaders")));
    expect(shop.lines.filter((line) => line.includes("trustedHeaders"))).toHaveLength(1);
    await shop.stop();
  });

  test.each([
    ["/moved?to=ORIGIN//evil.example/", "/.//evil.example/"],
    ["/moved?to=ORIGIN/%5Cevil.example/", "/.//evil.example/"],
    ["/moved?to=ORIGIN/%09/evil.example/", "/.//evil.example/"],
    ["/moved?to=ORIGIN", "/"],
    ["/moved?to=ORIGIN/k%C3%A4se", "/k%C3%A4se"],
    ["/moved?to=kites", "kites"],
    ["/moved?to=//evil.example/", "//evil.example/"],
    ["/moved?to=http://user@evil.example/", "http://user@evil.example/"],
  ])("answers %s with a redirect that leads where it meant: %s", async (path, expected) => {
    const shop = await edge({ cookies: "granted" });
    const { host } = new URL(origin.url);
    for (const start of [`http://${host}`, `HTTP://${host}`, `//${host}`, `http://a:b@${host}`]) {
      const { headers } = await browse(`${shop.url}${path.replace("ORIGIN", start)}`);
      expect(headers.location).toBe(expected);
    }
    const own = `http://${host}//evil.example/`;
    const { headers } = await browse(`${shop.url}/links?to=${own}`);
    expect(headers).toMatchObject({
      "content-location": "/.//evil.example/",
      refresh: "0;url=/.//evil.example/",
      link: `<${own}>; rel=preload`,
    });
    await shop.stop();
  });

  test("gets bodies as they are, and its redirects to itself stay on the site", async () => {
    const shop = await edge({ cookies: "granted" });
    const echoed = await browse(`${shop.url}/echo`, {}, "www.shop.example", {
      method: "POST",
      body: "hello",
    });
    expect(echoed.body.toString()).toBe("hello");
    const { headers } = await browse(`${shop.url}/moved-out`);
    expect(headers.location).toBe("/kites?a=1");
    await shop.stop();
  });

  test("may stream: the first piece arrives before the last is sent", async () => {
    const shop = await edge({ cookies: "granted" });
    const stream = await fetch(`${shop.url}/slow`);
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    const next = async () => new TextDecoder().decode((await reader.read()).value);
    expect(await next()).toBe("data: 1\n\n");
    finish?.();
    expect(await next()).toBe("data: 2\n\n");
    await shop.stop();
  });

  test("may talk to the page through a web socket", async () => {
    const shop = await edge({ cookies: "granted" });
    const sockets = new WebSocketServer({ server: origin.server });
    sockets.on("connection", (socket) =>
      socket.on("message", (data) => socket.send(`heard ${String(data)}`)),
    );
    const client = new WebSocket(`${shop.url.replace("http", "ws")}/socket`);
    await new Promise((done, fail) => client.on("open", done).on("error", fail));
    const heard = new Promise((done) => client.on("message", (data) => done(String(data))));
    client.send("kites");
    expect(await heard).toBe("heard kites");
    client.terminate();
    sockets.close();
    await shop.stop();
  });

  test("that is away is a 502, and no secret", async () => {
    const shop = await edge({ origin: NOWHERE, cookies: "granted" });
    const { status, body } = await browse(`${shop.url}/`);
    expect(status).toBe(502);
    expect(body.toString()).not.toContain("token");
    await shop.stop();
  });

  test("that is the worker itself is named as the mistake it is", async () => {
    const shop = await edge({ origin: "route", cookies: "granted" });
    const { port } = new URL(shop.url);
    const { status, body } = await browse(`${shop.url}/`, NAVIGATION, `127.0.0.1:${port}`);
    expect(status).toBe(508);
    expect(body.toString()).toContain("documents.origin");
    await shop.stop();
  });
});

describe("a request whose host is none", () => {
  let shop: Awaited<ReturnType<typeof startEdge>>;
  beforeAll(async () => {
    shop = await edge({ cookies: "granted" });
  });
  /** Sends a request as raw bytes. The worker closes the connection after its answer. */
  const ask = async (target: string, host: string) => {
    const socket = connect({ port: Number(new URL(shop.url).port), host: "127.0.0.1" });
    const head = `GET ${target} HTTP/1.1\r\n${host}accept: text/html\r\nconnection: close\r\n\r\n`;
    socket.write(Buffer.from(head, "latin1"));
    const text = (await buffer(socket)).toString();
    const end = text.indexOf("\r\n\r\n");
    return { status: Number(text.split(" ")[1]), head: text.slice(0, end), body: text.slice(end + 4) };
  };

  test.each([
    "a b",
    "a\tb",
    "user@shop.example",
    "user:pw@shop.example",
    "shop.example:99999",
    "shop.example:-1",
    "shop.example:80:80",
    "shop.example/evil",
    "shop.example?x",
    "shop.example#x",
    "shop.example\\evil",
    "shop.example, evil.example",
    "shop.example\r\nHost: evil.example",
    "[::1",
    "[::1%25eth0]",
    "1.2.3.4.5",
    "%41.example",
    "*",
    "<script>",
    "b\xc3\xbccher.example",
  ])("gets 400 and a sentence: %j", async (host) => {
    for (const target of ["/", "/bridge/health", "/bridge/events", "/v27.0/1/events", "/v1/track"]) {
      const answer = await ask(target, `Host: ${host}\r\n`);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toEqual({
        error: expect.stringMatching(/^expected a .*www\.shop/),
      });
    }
  });

  test.each([
    ["no host at all", "/", ""],
    ["an empty host", "/", "Host: \r\n"],
    ["no target", "", "Host: shop.example\r\n"],
    ["a target with a space", "/a b", "Host: shop.example\r\n"],
    ["a fragment as target", "#a", "Host: shop.example\r\n"],
    ["an asterisk as target", "*", "Host: shop.example\r\n"],
    ["an absolute target without a host", "http:///x", "Host: shop.example\r\n"],
  ])("%s gets 400", async (_, target, host) => {
    expect((await ask(target, host))?.status).toBe(400);
  });

  test.each([
    "http://evil.example/kites",
    "http://user@evil.example/kites",
    "HTTP://evil.example:99999/kites",
    "https://evil.example/kites",
    "//evil.example/kites",
    "/\\evil.example/kites",
    "/%zz/%00/kites",
    "/../../kites",
  ])("a target of another form asks for a path of the host in the header: %s", async (target) => {
    origin.requests.splice(0);
    const answer = await ask(target, "Host: www.shop.example\r\n");
    expect(answer.status).toBeLessThan(500);
    expect(answer.head).not.toContain("evil");
    for (const { headers } of origin.requests) {
      expect(headers).toMatchObject({
        host: new URL(origin.url).host,
        "x-forwarded-host": "www.shop.example",
      });
    }
  });

  test("throws nothing", () => {
    expect(shop.lines.filter((line) => /[Uu]ncaught|TypeError/.test(line))).toEqual([]);
  });
});

describe("a wrong setting is named by its path", () => {
  test.each([
    ["an unknown key", { cookie: "granted" }, "documents.cookie", "injectScript"],
    ["an unknown word", { cookies: "yes" }, "documents.cookies", "consentCookie"],
    ["an origin with a path", { origin: "http://127.0.0.1/site" }, "documents.origin", "no path"],
    ["a consent cookie without its name", { cookies: "consentCookie" }, "documents.consentCookie", "name"],
    [
      "a consent cookie that nobody asks",
      { consentCookie: { name: "a", equals: "b" } },
      "documents.cookies",
      "consentCookie",
    ],
    [
      "a consent cookie that never says yes",
      { cookies: "consentCookie", consentCookie: { name: "a" } },
      "documents.consentCookie",
      "equals",
    ],
    [
      "a cookie's name with its value",
      { cookies: "consentCookie", consentCookie: { name: "a=b", equals: "c" } },
      "documents.consentCookie.name",
      "name",
    ],
    [
      "a dataset that is not listed",
      { injectScript: { datasets: ["666"] } },
      "documents.injectScript.datasets[0]",
      "datasets",
    ],
    [
      "an address with a path",
      { injectScript: { attach: ["https://a.example/b"] } },
      "documents.injectScript.attach[0]",
      "same-origin",
    ],
  ])("%s", async (_, documents, path, expected) => {
    const wrong = await edge(documents);
    const { status, body } = await browse(`${wrong.url}/bridge/health`);
    expect(status).toBe(500);
    expect(body.toString()).toContain(`configuration, ${path}: `);
    expect(body.toString()).toContain(expected);
    await wrong.stop();
  });
});

test("a mistyped path of the bridge does not reach the site's server with the bridge's key", async () => {
  const shop = await edge({});
  const key = { authorization: "Bearer 0123456789abcdef0123456789abcdef" };
  for (const path of ["/bridge/evnts", "/bridge/events/", "/bridge/v1/track", "/bridge/"]) {
    const answer = await browse(`${shop.url}${path}`, key, "www.shop.example", {
      method: "POST",
      body: "{}",
    });
    expect(answer.status).toBe(404);
    expect(answer.body.toString()).toContain("POST /bridge/events");
  }
  expect(origin.requests).toEqual([]);
  expect((await browse(`${shop.url}/bridges`)).body.toString()).toBe("no such page");
  expect(origin.requests).toHaveLength(1);
  await shop.stop();
});

test("a wrong configuration does not take the site along", async () => {
  const wrong = service(ROOT, { datasets: [], allowedOrigins: [] });
  const running = await startWorkerd({
    services: [{ ...wrong, bindings: { ...wrong.bindings, ORIGIN: { server: origin.url } } }],
    ports: { edge: 0 },
    state: scratch("wrong"),
  });
  const url = running.urls["edge"] ?? "";
  expect((await browse(`${url}/`)).body.toString()).toBe("Kites");
  const { status, body } = await browse(`${url}/bridge/health`);
  expect(status).toBe(500);
  expect(body.toString()).toContain("datasets");
  // The worker does not forward a back end's request to the site, because it contains a key.
  const call = await browse(`${url}/v26.0/1234567890/events`);
  expect(call.status).toBe(500);
  expect(JSON.parse(call.body.toString())).toMatchObject({ error: { code: 2, is_transient: true } });
  await running.stop();
});

test("a worker of one's own says who agreed, is asked for navigations alone, and a failure is a no", async () => {
  const folder = scratch("own");
  buildSync({
    stdin: {
      contents: `
        import { handle, Outbox } from "./dist/edge/worker.js";
        export { Outbox };
        let asked = 0;
        const consent = async (request) => {
          asked += 1;
          return JSON.parse(request.headers.get("x-agreed"));
        };
        export default {
          async fetch(request, env, context) {
            const answer = new Response(...(await handle(request, env, context, { consent }).then((a) => [a.body, a])));
            answer.headers.set("x-asked", asked);
            return answer;
          },
        };`,
      resolveDir: ROOT,
    },
    bundle: true,
    format: "esm",
    external: ["cloudflare:workers", "*.wasm"],
    outfile: join(folder, "worker.js"),
  });
  copyFileSync(join(ROOT, "dist/edge/edge_bg.wasm"), join(folder, "edge_bg.wasm"));
  const configuration = {
    datasets: [DATASET],
    allowedOrigins: [],
    documents: { origin: origin.url, cookies: "callback" },
  };
  const running = await startWorkerd({
    services: [{ ...service(ROOT, configuration), folder }],
    ports: { edge: 0 },
    state: scratch("own-state"),
  });
  const ask = async (agreed: string, headers: Record<string, string> = NAVIGATION) => {
    const answer = await browse(`${running.urls["edge"]}/`, { ...headers, "x-agreed": agreed });
    expect(answer.body.toString()).toBe("Kites");
    return [answer.cookies.length, answer.headers["x-asked"]];
  };
  expect(await ask("true")).toEqual([2, "1"]);
  expect(await ask("false")).toEqual([0, "2"]);
  expect(await ask("no JSON")).toEqual([0, "3"]);
  expect(await ask("true", { ...NAVIGATION, "sec-gpc": "1" })).toEqual([0, "3"]);
  expect(await ask("true", { accept: "*/*" })).toEqual([0, "3"]);
  await running.stop();
});
