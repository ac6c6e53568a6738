// The documents of a site that the worker stands before: cookies from the first request on, and the script tag.

import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Edge } from "../support/edge.ts";
import { browse, NAVIGATION, type Origin } from "../support/origin.ts";
import { startEdge, startOrigin } from "../support/started.ts";

const PAGE = `<!doctype html><html><head><meta charset="utf-8"><title>Kites</title><script src="/pixel.js"></script></head><body>Kites</body></html>`;
const HTML = { "content-type": "text/html; charset=utf-8" };
/** A server that nothing is sent to here. */
const NOWHERE = "http://127.0.0.1:9";
const DAY = 86_400_000;

type Answer = Parameters<typeof startOrigin>[0][string];
const page =
  (headers: Record<string, string | string[]> = {}, body: string | Buffer = PAGE): Answer =>
  (_, response) =>
    void response.writeHead(200, { ...HTML, ...headers }).end(body);

const answers: Record<string, Answer> = {
  "/": page(),
  "/public": page({
    "cache-control": 'public, max-age=60, s-maxage=600, no-cache="x, y"',
    "cdn-cache-control": "max-age=600",
    "x-accel-expires": "600",
  }),
  "/no-store": page({ "cache-control": "no-store" }),
  "/own": page({ "set-cookie": ["session=1; HttpOnly", "_fbp=fb.1.1596403881668.7; Path=/"] }),
  "/policy": page({
    "content-security-policy":
      "default-src 'nonce-wrong'; script-src 'self' 'nonce-r4nd0m=' 'wasm-unsafe-eval'",
  }),
  "/nonce": page({}, PAGE.replace("<script", `<script nonce="in-the-page"`)),
  "/no-script": page({}, PAGE.replace(/<script.*<\/script>/, "")),
  "/bare": page({}, "<p>Kites"),
  "/gzip": page({ "content-encoding": "gzip", etag: '"1"' }, gzipSync(PAGE)),
  "/brotli": page({ "content-encoding": "br" }, brotliCompressSync(PAGE)),
  "/asset.js": page({ "content-type": "text/javascript", "cache-control": "public, max-age=31536000" }, "1"),
  "/image": page({ "content-type": "image/png" }, "PNG"),
  "/moved": (_, response) => void response.writeHead(302, { location: "/" }).end(),
  "/same": (request, response) =>
    request.headers["if-none-match"] === '"1"'
      ? void response.writeHead(304, { etag: '"1"' }).end()
      : void response.writeHead(200, { ...HTML, etag: '"1"' }).end(PAGE),
};

let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin(answers);
});
afterEach(() => void origin.requests.splice(0));

const edge = (documents: object, changes: object = {}) =>
  startEdge(NOWHERE, { documents: { origin: origin.url, ...documents }, clientIp: undefined, ...changes });

describe("a visitor's first document", () => {
  let shop: Edge;
  beforeAll(async () => {
    shop = await edge({ cookies: "granted" });
  });

  const written = (cookies: string[], name: string) =>
    cookies.find((cookie) => cookie.startsWith(`${name}=`));
  const cookieHeader = (cookies: string[]) => cookies.map((cookie) => cookie.split(";")[0]).join("; ");

  test("carries _fbp, _fbc of the click, and when they were written", async () => {
    const before = Date.now();
    const { cookies, body } = await browse(`${shop.url}/?fbclid=IwAR2AbC_dEf-123&a=1`);
    expect(body.toString()).toBe(PAGE);
    expect(cookies).toHaveLength(3);
    const place = "; Path=/; Domain=shop.example; Max-Age=7776000; SameSite=Lax";
    expect(written(cookies, "_fbp")).toMatch(new RegExp(`^_fbp=fb\\.1\\.\\d{13}\\.\\d{1,10}${place}$`));
    expect(written(cookies, "_fbc")).toMatch(
      new RegExp(`^_fbc=fb\\.1\\.\\d{13}\\.IwAR2AbC_dEf-123${place}$`),
    );
    expect(written(cookies, "_capi_written")).toMatch(
      /^_capi_written=\d{10}; Path=\/; Domain=shop\.example; Max-Age=86400; SameSite=Lax; HttpOnly$/,
    );
    const created = Number(written(cookies, "_fbc")?.split(".")[2]);
    expect(created).toBeGreaterThanOrEqual(before);
    expect(created).toBeLessThanOrEqual(Date.now());
  });

  test("is the only one: the next carries none, and another click its own", async () => {
    const first = await browse(`${shop.url}/?fbclid=Click-1`);
    const cookie = cookieHeader(first.cookies);
    expect((await browse(`${shop.url}/?fbclid=Click-1`, { ...NAVIGATION, cookie })).cookies).toEqual([]);
    expect((await browse(`${shop.url}/`, { ...NAVIGATION, cookie })).cookies).toEqual([]);

    const next = await browse(`${shop.url}/?fbclid=Click-2`, { ...NAVIGATION, cookie });
    expect(written(next.cookies, "_fbc")).toContain(".Click-2;");
    expect(written(next.cookies, "_fbp")).toBeUndefined();
  });

  test("a day later renews what scripts may have cut short, unchanged", async () => {
    const fbp = `fb.1.${Date.now() - 40 * DAY}.77`;
    const fbc = `fb.1.${Date.now() - 40 * DAY}.Click-1`;
    const cookie = `_fbp=${fbp}; _fbc=${fbc}`;
    const { cookies } = await browse(`${shop.url}/`, { ...NAVIGATION, cookie });
    expect(written(cookies, "_fbp")).toContain(`_fbp=${fbp}; Path=/; Domain=shop.example; Max-Age=7776000`);
    expect(written(cookies, "_fbc")).toContain(`_fbc=${fbc}; Path=/; Domain=shop.example; Max-Age=7776000`);

    const earlier = `${cookie}; _capi_written=${Math.floor(Date.now() / 1000) - 3600}`;
    expect((await browse(`${shop.url}/`, { ...NAVIGATION, cookie: earlier })).cookies).toEqual([]);
    const forged = `${cookie}; _capi_written=99999999999`;
    expect((await browse(`${shop.url}/`, { ...NAVIGATION, cookie: forged })).cookies).toHaveLength(3);
  });

  test("keeps the click when the origin redirects to an address without it", async () => {
    const { status, headers, cookies } = await browse(`${shop.url}/moved?fbclid=Click-1`);
    expect(status).toBe(302);
    expect(headers.location).toBe("/");
    expect(headers["cache-control"]).toBe("private");
    expect(written(cookies, "_fbc")).toContain(".Click-1;");
  });

  test("with cookies is kept from shared caches and not from the browser's own", async () => {
    const { headers } = await browse(`${shop.url}/public`);
    expect(headers["cache-control"]).toBe('private, max-age=60, no-cache="x, y"');
    expect(headers["cdn-cache-control"]).toBeUndefined();
    expect(headers["x-accel-expires"]).toBeUndefined();
    expect((await browse(`${shop.url}/`)).headers["cache-control"]).toBe("private");
    expect((await browse(`${shop.url}/no-store`)).headers["cache-control"]).toBe("private, no-store");
  });

  test("without cookies is cached as the origin says", async () => {
    const { headers, cookies } = await browse(`${shop.url}/public`, { ...NAVIGATION, "sec-gpc": "1" });
    expect(cookies).toEqual([]);
    expect(headers["cache-control"]).toBe('public, max-age=60, s-maxage=600, no-cache="x, y"');
    expect(headers["cdn-cache-control"]).toBe("max-age=600");
  });

  test("leaves a cookie alone that the origin sets itself", async () => {
    const { cookies } = await browse(`${shop.url}/own?fbclid=Click-1`);
    expect(cookies.filter((cookie) => cookie.startsWith("_fbp="))).toEqual([
      "_fbp=fb.1.1596403881668.7; Path=/",
    ]);
    expect(cookies).toContain("session=1; HttpOnly");
    expect(written(cookies, "_fbc")).toContain(".Click-1;");
  });

  test.each([
    ["www.shop.example.co.uk", /^_fbp=fb\.2\..*; Path=\/; Domain=example\.co\.uk; /],
    ["localhost:8787", /^_fbp=fb\.0\.[^;]*; Path=\/; Max-Age/],
    ["203.0.113.7", /^_fbp=fb\.0\.[^;]*; Path=\/; Max-Age/],
  ])("on %s has the domain and index of its host", async (host, expected) => {
    const { cookies } = await browse(`${shop.url}/`, NAVIGATION, host);
    expect(written(cookies, "_fbp")).toMatch(expected);
  });

  test.each<[string, string, Record<string, string>, { method?: string }]>([
    ["Global Privacy Control", "/", { ...NAVIGATION, "sec-gpc": "1" }, {}],
    ["a script of the page", "/", { accept: "*/*", "sec-fetch-dest": "empty", "sec-fetch-mode": "cors" }, {}],
    ["a frame", "/", { ...NAVIGATION, "sec-fetch-dest": "iframe" }, {}],
    ["a prefetch", "/", { ...NAVIGATION, "sec-purpose": "prefetch;prerender" }, {}],
    ["a client that is no browser", "/", { accept: "*/*" }, {}],
    ["a HEAD request", "/", NAVIGATION, { method: "HEAD" }],
    ["an image that is opened as a document", "/image", NAVIGATION, {}],
    ["a cacheable asset", "/asset.js", { ...NAVIGATION, "sec-fetch-dest": "script" }, {}],
    ["a cacheable asset that is opened as a document", "/asset.js", NAVIGATION, {}],
    ["a document that has not changed", "/same", { ...NAVIGATION, "if-none-match": '"1"' }, {}],
  ])("%s gets no cookie", async (_, path, headers, options) => {
    const answer = await browse(`${shop.url}${path}?fbclid=Click-1`, headers, "www.shop.example", options);
    expect(answer.cookies).toEqual([]);
    expect(answer.status).toBeLessThan(400);
  });

  test("of a browser that does not send Sec-Fetch is known by what it accepts", async () => {
    const { cookies } = await browse(`${shop.url}/`, { accept: "text/html,*/*" });
    expect(written(cookies, "_fbp")).toBeDefined();
  });
});

describe("consent", () => {
  test.each([
    ["no cookie", "", 0],
    ["a cookie that says no", "consent=denied", 0],
    ["a cookie that starts like yes", "consent=granted-not", 0],
    ["a cookie that says yes", "a=b; consent=granted", 3],
  ])("with %s", async (_, cookie, count) => {
    const shop = await edge({
      cookies: "consentCookie",
      consentCookie: { name: "consent", equals: "granted" },
    });
    const answer = await browse(`${shop.url}/?fbclid=Click-1`, { ...NAVIGATION, cookie });
    expect(answer.cookies).toHaveLength(count);
    await shop.stop();
  });

  test("is found in a cookie that holds more, as consent managers write it", async () => {
    const shop = await edge({
      cookies: "consentCookie",
      consentCookie: { name: "OptanonConsent", contains: "C0004:1" },
    });
    const ask = async (groups: string) =>
      (await browse(`${shop.url}/`, { ...NAVIGATION, cookie: `OptanonConsent=v=2&groups=${groups}` })).cookies
        .length;
    expect(await ask("C0001%3A1%2CC0004%3A0")).toBe(0);
    expect(await ask("C0001%3A1%2CC0004%3A1")).toBe(2);
    await shop.stop();
  });

  test("is not assumed: without a setting no document carries cookies", async () => {
    const shop = await edge({});
    const answer = await browse(`${shop.url}/?fbclid=Click-1`);
    expect(answer.cookies).toEqual([]);
    expect(answer.headers["cache-control"]).toBeUndefined();
    await shop.stop();
  });
});

describe("the script tag", () => {
  const TAG = `<script src="/bridge/capi-bridge.js" data-attach="same-origin,https://api.shop.example" data-consent="pending"></script>`;
  let shop: Edge;
  beforeAll(async () => {
    shop = await edge({
      injectScript: { attach: ["same-origin", "https://api.shop.example"], consent: "pending" },
    });
  });
  const text = async (path: string, headers: Record<string, string> = NAVIGATION) =>
    (await browse(`${shop.url}${path}`, headers)).body.toString();

  test("stands before the page's first script", async () => {
    expect(await text("/")).toBe(PAGE.replace("<script", `${TAG}<script`));
  });

  test("stands at the end of a head without scripts", async () => {
    expect(await text("/no-script")).toContain(`<title>Kites</title>${TAG}</head>`);
  });

  test("has the nonce of the answer's policy, else that of the page's first script", async () => {
    expect(await text("/policy")).toContain(`capi-bridge.js" nonce="r4nd0m=" data-attach`);
    expect(await text("/nonce")).toContain(`capi-bridge.js" nonce="in-the-page" data-attach`);
  });

  test("goes into compressed documents", async () => {
    const accept = (coding: string) => ({ ...NAVIGATION, "accept-encoding": coding });
    const expected = PAGE.replace("<script", `${TAG}<script`);
    const gzip = await browse(`${shop.url}/gzip`, accept("gzip, zstd"));
    expect(gzip.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(gzip.body).toString()).toBe(expected);
    expect(origin.requests[0]?.headers["accept-encoding"]).toBe("gzip");
    const brotli = await browse(`${shop.url}/brotli`, accept("gzip, br"));
    expect(brotli.headers["content-encoding"]).toBe("br");
    expect(brotliDecompressSync(brotli.body).toString()).toBe(expected);
  });

  test("makes another document of it, which is asked for anew", async () => {
    const { status, headers, body } = await browse(`${shop.url}/same`, {
      ...NAVIGATION,
      "if-none-match": '"1"',
    });
    expect(status).toBe(200);
    expect(headers.etag).toBeUndefined();
    expect(headers["vary"]).toBe("Sec-Fetch-Dest");
    expect(body.toString()).toContain(TAG);
  });

  test("is in no answer but a document", async () => {
    const script = { accept: "*/*", "sec-fetch-dest": "empty", "sec-fetch-mode": "cors" };
    expect(await text("/", script)).toBe(PAGE);
    expect(await text("/asset.js")).toBe("1");
    expect(await text("/bare")).toBe("<p>Kites");
  });

  test("answers at the address that it names", async () => {
    const { status, headers } = await browse(`${shop.url}/bridge/capi-bridge.js`);
    expect(status).toBe(200);
    expect(headers["content-type"]).toContain("text/javascript");
  });
});
