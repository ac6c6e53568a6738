// Tests that the worker writes a page's cookies again with the answer to its events, over HTTP.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, KEY, ORIGIN, pageEvent, serverEvent } from "../support/edge.ts";
import { startMeta } from "../support/meta.ts";
import { startEdge } from "../support/started.ts";

const FBP = "fb.1.1789980000000.1073741823";
const PAGE = { origin: ORIGIN, "sec-fetch-site": "same-site", "user-agent": "Mozilla/5.0" };

let meta: Awaited<ReturnType<typeof startMeta>>;
let edge: Edge;

beforeAll(async () => {
  meta = await startMeta();
  edge = await startEdge(meta.url);
});
afterAll(async () => {
  await edge.stop();
  await meta.stop();
});

/** Posts an event. Returns the status, the headers and the cookies of the answer. */
async function post(headers: Record<string, string>, event: object = pageEvent(), url = edge.url) {
  const answer = await fetch(`${url}/bridge/events`, {
    method: "POST",
    headers,
    body: JSON.stringify({ data: [event] }),
  });
  await answer.arrayBuffer();
  return { status: answer.status, headers: answer.headers, cookies: answer.headers.getSetCookie() };
}

test("each cookie is a header of its own, and a day later is the next time", async () => {
  const cookie = `theme=dark; _fbp=${FBP}`;
  const { status, headers, cookies } = await post({ ...PAGE, cookie });
  expect(status).toBe(202);
  expect(headers.get("cache-control")).toBe("no-store");
  expect(cookies).toEqual([
    `_fbp=${FBP}; Path=/; Domain=shop.example; Max-Age=7776000; SameSite=Lax; Secure`,
    expect.stringMatching(
      /^_capi_rewritten=\d{10}; Path=\/; Domain=shop\.example; Max-Age=86400; SameSite=Lax; Secure$/,
    ),
  ]);
  const time = cookies[1]?.split(";")[0];
  expect((await post({ ...PAGE, cookie: `${cookie}; ${time}` })).cookies).toEqual([]);
});

test("in the day after a click each answer writes both", async () => {
  const click = `fb.1.${Date.now() - 3_600_000}.IwAR2AbC_dEf-123`;
  const cookie = `_fbp=${FBP}; _fbc=${click}; _capi_rewritten=${Math.floor(Date.now() / 1000)}`;
  const { cookies } = await post({ ...PAGE, cookie });
  expect(cookies.map((line) => line.split(";")[0]).slice(0, 2)).toEqual([`_fbp=${FBP}`, `_fbc=${click}`]);
});

test("neither another site, nor a no, nor a server gets any", async () => {
  const cookie = `_fbp=${FBP}`;
  for (const [headers, event] of [
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-gpc": "1" }],
    [{}, { ...pageEvent(), opt_out: true }],
    [{ authorization: `Bearer ${KEY}` }, serverEvent()],
  ] as [Record<string, string>, object?][]) {
    expect((await post({ ...PAGE, cookie, ...headers }, event)).cookies).toEqual([]);
  }
});

test("a setting switches it off", async () => {
  const off = await startEdge(meta.url, { documents: { rewriteCookies: "off" } });
  const { status, cookies } = await post({ ...PAGE, cookie: `_fbp=${FBP}` }, pageEvent(), off.url);
  expect([status, cookies]).toEqual([202, []]);
  await off.stop();
});
