// Tests the scripts that a page loads from the worker.

import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import type { Edge } from "../support/edge.ts";
import { ROOT } from "../support/sandbox.ts";
import { startEdge } from "../support/started.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge("http://127.0.0.1:1");
});

test.each([
  "capi-bridge.js",
  "capi-bridge-deferred.js",
  "capi-bridge-customer.js",
  "capi-bridge-details.js",
  "capi-bridge-retry.js",
  "capi-bridge-problems.js",
  "capi-bridge-datalayer.js",
  "capi-bridge-countries.js",
  "capi-bridge-genders.js",
  "capi-bridge-states.js",
  "capi-bridge-consent-google.js",
  "capi-bridge-consent-tcf.js",
  "capi-bridge-consent-gpp.js",
  "capi-bridge-segment.js",
])("%s is what the build made, for pages of any origin, and is not sent twice", async (name) => {
  // The page asks for a version. The worker has only one.
  const answer = await fetch(`${edge.url}/bridge/${name}?0123abcd`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(await answer.text()).toBe(readFileSync(`${ROOT}dist/${name}`, "utf8"));
  const etag = answer.headers.get("etag") ?? "";
  const again = await fetch(`${edge.url}/bridge/${name}`, { headers: { "if-none-match": etag } });
  expect(again.status).toBe(304);
});

test("what is no script of ours is not found", async () => {
  for (const path of ["/bridge/toString", "/bridge/capi-bridge-other.js", "/capi-bridge.js"]) {
    expect((await fetch(`${edge.url}${path}`)).status).toBe(404);
  }
});

test("the listener to a page's dataLayer reads by the table that the worker reads by", async () => {
  const mappings = { ga4: { events: [{ event: "quiz_geprüft", becomes: "Lead" }] } };
  const changed = await startEdge("http://127.0.0.1:1", { mappings });
  const script = await (await fetch(`${changed.url}/bridge/capi-bridge-datalayer.js`)).text();
  expect(script).toContain(readFileSync(`${ROOT}dist/capi-bridge-datalayer.js`, "utf8"));
  expect(script).toMatch(/^[\0-\x7f]+$/);
  const [, text = ""] = /\((".*")\);$/.exec(script) ?? [];
  expect(JSON.parse(JSON.parse(text) as string)).toEqual(mappings.ga4);
  await changed.stop();
});
