// Tests the contract of the sandbox's `fbevents.js`, as it is in the package, in jsdom.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";

type Fbq = ((...call: unknown[]) => void) & {
  callMethod?: unknown;
  version: string;
  getState(): { pixels: { id: string }[] };
};

/** jsdom has no types of its own. */
const { JSDOM } = createRequire(import.meta.url)("jsdom") as {
  JSDOM: new (
    page: string,
    options: object,
  ) => { window: Window & { Image: unknown; eval(script: string): void } };
};
const SCRIPT = readFileSync(new URL("../../dist/sandbox/assets/fbevents.js", import.meta.url), "utf8");
const STUB = `
  const fbq = (window.fbq = function () { fbq.callMethod ? fbq.callMethod.apply(fbq, arguments) : fbq.queue.push(arguments); });
  window._fbq ??= fbq; fbq.push = fbq; fbq.loaded = true; fbq.version = "2.0"; fbq.queue = [];`;

/** Loads a page with these calls before the script. Returns the pixel and the hits that it sent. */
function load(calls: string, cookie = "") {
  const { window } = new JSDOM("", { url: "https://shop.example/", runScripts: "outside-only" });
  const hits: URLSearchParams[] = [];
  if (cookie !== "") window.document.cookie = cookie;
  window.Image = class {
    set src(address: string) {
      const { origin, pathname, searchParams } = new URL(address);
      expect(origin + pathname).toBe("http://127.0.0.1:8788/tr/");
      hits.push(searchParams);
    }
  };
  Object.defineProperty(window.document, "currentScript", {
    value: { src: "http://127.0.0.1:8788/fbevents.js" },
  });
  window.eval(STUB + calls);
  window.eval(SCRIPT);
  const { fbq } = window as unknown as { fbq: Fbq };
  const sent = () => hits.map((hit) => [hit.get("id"), hit.get("ev"), hit.get("eid")]);
  return { window, fbq, hits, sent };
}

const INIT = `fbq("init", "1"); fbq("init", "2");`;

test("takes the queue over in order, for several datasets", () => {
  const { fbq, sent, hits } = load(
    `${INIT} fbq("track", "PageView", {}, {eventID: "a"}); fbq("trackSingle", "2", "Lead", {value: 1, contents: [{id: "x"}]}, {eventID: "b"});
     fbq("trackSingleCustom", "1", "Mine", {}, {event_id: "c"}); fbq("trackSingle", "3", "Lead");`,
    "_fbp=fb.1.1.2",
  );
  expect(sent()).toEqual([
    ["1", "PageView", "a"],
    ["2", "PageView", "a"],
    ["2", "Lead", "b"],
    ["1", "Mine", "c"],
  ]);
  expect(hits[2]?.get("cd[contents]")).toBe('[{"id":"x"}]');
  expect(hits[2]?.get("fbp")).toBe("fb.1.1.2");
  expect(fbq.getState()).toEqual({ pixels: [{ id: "1" }, { id: "2" }] });
  expect(fbq.callMethod).toBeTypeOf("function");
  expect(fbq.version).not.toBe("2.0");
});

test("one PageView per dataset, unless duplicates are allowed", () => {
  const views = `fbq("track", "PageView"); fbq("track", "PageView");`;
  expect(load(INIT + views).hits).toHaveLength(2);
  expect(load(`fbq.allowDuplicatePageViews = true;${INIT}${views}`).hits).toHaveLength(4);
});

test("sends a PageView without an id when the address changes, unless disablePushState is set", () => {
  const { window, sent } = load(`fbq("init", "1"); fbq("track", "PageView", {}, {eventID: "a"});`);
  window.history.pushState({}, "", "/next");
  window.history.replaceState({}, "", "/next");
  expect(sent()).toEqual([
    ["1", "PageView", "a"],
    ["1", "PageView", null],
  ]);
  const other = load(`fbq.disablePushState = true; fbq("init", "1");`);
  other.window.history.pushState({}, "", "/next");
  expect(other.hits).toHaveLength(0);
});

test("holds calls and navigations until there is consent", () => {
  const { window, fbq, sent } = load(
    `fbq("consent", "revoke"); fbq("init", "1"); fbq("track", "Lead", {}, {eventID: "a"});`,
  );
  window.history.pushState({}, "", "/next");
  expect(sent()).toEqual([]);
  fbq("consent", "grant");
  expect(sent()).toEqual([
    ["1", "Lead", "a"],
    ["1", "PageView", null],
  ]);
});

test("sends data processing options with all later events, and takes set and unknown commands", () => {
  const { hits } = load(
    `fbq("set", "autoConfig", false, "1"); fbq("dataProcessingOptions", ["LDU"], 1, 1000); fbq("nonsense");
     fbq("init", "1", {em: "jane@example.com"}); fbq("track", "Lead");`,
  );
  expect(["dpo", "dpoco", "dpost"].map((name) => hits[0]?.get(name))).toEqual(["LDU", "1", "1000"]);
  expect(hits[0]?.toString()).not.toContain("jane");
});
