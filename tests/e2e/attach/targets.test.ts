// Which addresses are the page's own back ends.

import { expect } from "@playwright/test";
import { HEADERS, type Hooked, test } from "./page.ts";

declare const window: { hooked: Hooked } & Record<string, unknown>;

const get = (url: string) => fetch(url).then(({ status }) => status);

test("an origin is matched whole: host, port and scheme", async ({ site }) => {
  const page = await site.open({
    after: `
      const { host, port } = new URL(${JSON.stringify(site.foreign)});
      hooked.attach(["http://other.example", "https://" + host, "http://other.example:1" + port, "http://other", "other.example"]);`,
  });
  expect(await page.evaluate(get, `${site.foreign}/echo/whole`)).toBe(200);
  expect(site.carried("whole")).toEqual({});
});

test("an origin may end in a slash", async ({ site }) => {
  const page = await site.open({ after: `hooked.attach(["${site.foreign}/"])` });
  await page.evaluate(get, `${site.foreign}/echo/slash`);
  expect(site.carried("slash")).toEqual(HEADERS);
});

test("a RegExp is tried on the absolute address and stays as it was", async ({ site }) => {
  const page = await site.open({
    after: `window.pattern = /other\\.example:\\d+\\/echo\\/api/g; hooked.attach([pattern]);`,
  });
  const lastIndex = await page.evaluate(async (foreign) => {
    const pattern = window["pattern"] as RegExp;
    pattern.lastIndex = 7;
    for (const name of ["api", "api", "web"]) await fetch(`${foreign}/echo/${name}`);
    return pattern.lastIndex;
  }, site.foreign);
  expect(site.carried("api", 0)).toEqual(HEADERS);
  expect(site.carried("api", 1)).toEqual(HEADERS);
  expect(site.carried("web")).toEqual({});
  expect(lastIndex).toBe(7);
});

test("a path is read from the page's base, as the host reads it", async ({ site }) => {
  const page = await site.open({ head: `<base href="${site.foreign}/echo/">` });
  expect(await page.evaluate(get, "based")).toBe(200);
  expect(site.carried("based")).toEqual({});
  await page.evaluate(async () => {
    const request = new XMLHttpRequest();
    request.open("GET", "based-xhr");
    request.send();
    await new Promise((done) => (request.onload = done));
  });
  expect(site.carried("based-xhr")).toEqual({});
  expect(site.recorder.received("based").every(({ method }) => method === "GET")).toBe(true);
});

test("an address that a request was opened with counts, whatever the page's base is when it is sent", async ({
  site,
}) => {
  const page = await site.open();
  await page.evaluate(async (foreign) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/echo/moved");
    document.head.append(Object.assign(document.createElement("base"), { href: foreign }));
    request.send();
    await new Promise((done) => (request.onload = done));
  }, site.foreign);
  expect(site.carried("moved")).toEqual(HEADERS);
});

test("a global variable of the page by the name of origin changes nothing", async ({ site }) => {
  const page = await site.open({ before: `var origin = ${JSON.stringify(site.foreign)};` });
  await page.evaluate(get, "/echo/own");
  await page.evaluate(get, `${site.foreign}/echo/named`);
  expect(site.carried("own")).toEqual(HEADERS);
  expect(site.carried("named")).toEqual({});
});

test("a sandboxed frame has no origin: where it came from is asked nothing more", async ({ site }) => {
  const page = await site.open();
  site.recorder.html = site.recorder.html.replace(
    "</body>",
    `<script>fetch("/echo/sandboxed")</script></body>`,
  );
  await page.evaluate(() => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.src = "/frame";
    document.body.append(frame);
  });
  await expect.poll(() => site.recorder.received("sandboxed").length).toBe(1);
  expect(site.recorder.received("sandboxed")[0]?.method).toBe("GET");
  expect(site.carried("sandboxed")).toEqual({});
});

test("a path that is excluded is left alone, by fetch, XHR and beacons", async ({ site }) => {
  const page = await site.open();
  // The hooks of this page, once more, for an origin and without a part of it.
  await page.evaluate(async (foreign) => {
    window.hooked.attach([foreign, "!/echo/files/"]);
    for (const name of ["api", "files/a"]) {
      await fetch(`${foreign}/echo/${name}`);
      navigator.sendBeacon(`${foreign}/echo/${name}`);
    }
  }, site.foreign);
  await expect.poll(() => site.recorder.received("files/a").length).toBe(2);
  expect([site.carried("files/a", 0), site.carried("files/a", 1)]).toEqual([{}, {}]);
  expect(site.carried("api")).not.toEqual({});
});
