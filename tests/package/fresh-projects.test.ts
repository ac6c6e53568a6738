// The packed package in projects that know nothing else: a Vite site and a Node script, each in an empty folder.

import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import { copyFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { chromium } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorkerd } from "../../src/shell/serve/workerd.ts";
import { pack, pinned, run } from "../support/package.ts";
import { ROOT, scratch } from "../support/sandbox.ts";

/** Meta's own example ("Customer Information Parameters"). */
const HASH_OF_JOHN_SMITH = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
const VISIT = {
  fbc: "fb.1.1700000000000.IwAR2",
  cookiesToSet: [
    { name: "_fbc", value: "fb.1.1700000000000.IwAR2", domain: "example.com", maxAge: 7_776_000 },
  ],
};

/** The limit of what `npm install` downloads, in bytes. */
const MAX_TARBALL_BYTES = 1_800_000;

let packed: ReturnType<typeof pack>;
beforeAll(() => {
  packed = pack();
});

test("the package holds what its exports name, the licences, and no source", () => {
  const listed = run(packed.folder, "tar", "tzf", packed.tarball)
    .split("\n")
    .map((path) => path.replace("package/", ""));
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    exports: Record<string, string | Record<string, string>>;
  };
  for (const target of Object.values(manifest.exports).flatMap((entry) =>
    Object.values(typeof entry === "string" ? [entry] : entry),
  )) {
    expect(listed).toContain(target.replace("./", ""));
  }
  expect(listed).toEqual(
    expect.arrayContaining(["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"]),
  );
  expect(listed.filter((path) => path.endsWith(".wasm"))).toEqual([
    "dist/edge/edge_bg.wasm",
    "dist/sandbox/sandbox_bg.wasm",
  ]);
  expect(listed.filter((path) => path.startsWith("src/") || path.startsWith("target/"))).toEqual([]);
});

test("the package is small", () => {
  expect(statSync(packed.tarball).size).toBeLessThanOrEqual(MAX_TARBALL_BYTES);
});

describe("a Node script", () => {
  test("imports the package, makes the id of an order, and starts nothing without a page", () => {
    const path = packed.project("node", {
      "package.json": `{"type":"module"}`,
      "script.js": `
        import { start } from "capi-bridge";
        import { clientIp, eventId, hash, identifiers, normalize } from "capi-bridge/core";
        import { listen } from "capi-bridge/datalayer";
        const bridge = start();
        listen(bridge);
        bridge.stop();
        let refused = "";
        try { eventId({ eventName: 7 }) } catch (error) { refused = error.message }
        console.log(JSON.stringify({
          order: eventId({ eventName: "Purchase", orderId: "1001" }),
          random: [eventId({ eventName: "Lead" }), eventId({ eventName: "Lead" })],
          identifiers: bridge.identifiers(),
          refused,
          visit: identifiers({ url: "https://www.example.com/?fbclid=IwAR2", host: "www.example.com", now: 1700000000000 }),
          city: normalize("ct", "São Paulo"),
          email: hash("em", " John_Smith@gmail.com "),
          address: clientIp({ "x-forwarded-for": "8.8.4.4" }, "10.0.0.1", { trustedHops: 1 }),
        }));`,
    });
    const said = JSON.parse(run(path, "node", "script.js")) as {
      order: string;
      random: [string, string];
      identifiers: object;
      refused: string;
      visit: object;
      city: string[];
      email: string[];
      address: string;
    };
    // sha256sum of "Purchase:1001", its first 32 hexadecimal characters.
    expect(said.order).toBe("6e4c78d82a753cc5ca23e87024551922");
    expect(said.random[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(said.random[0]).not.toBe(said.random[1]);
    expect(said.identifiers).toEqual({});
    expect(said.refused).toBe("eventId: eventName: expected a string");
    expect(said.visit).toMatchObject(VISIT);
    expect(said.city).toEqual(["sãopaulo", "sopaulo"]);
    expect(said.email).toEqual([HASH_OF_JOHN_SMITH]);
    expect(said.address).toBe("8.8.4.4");
  });

  test("that passes a wrong argument prints the line it is wrong in, not the module", () => {
    const path = packed.project("node-wrong", {
      "package.json": `{"type":"module"}`,
      "script.js": `import { hash } from "capi-bridge/core"; hash("email", "x");`,
    });
    const { status, stderr } = spawnSync("node", ["script.js"], { cwd: path, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain("TypeError: hash: field: expected one of em, ph,");
    expect(stderr.length).toBeLessThan(2000);
  });
});

describe("a worker", () => {
  test("imports the same from capi-bridge/core, its wasm as a module beside it", async () => {
    const path = packed.project("worker", {
      "package.json": `{"type":"module"}`,
      "main.js": `
        import { eventId, hash, identifiers } from "capi-bridge/core";
        export default {
          fetch: ({ url }) => Response.json({
            visit: identifiers({ url: "https://www.example.com/?fbclid=IwAR2", host: "www.example.com", now: 1700000000000 }),
            email: hash("em", " John_Smith@gmail.com "),
            order: eventId({ eventName: "Purchase", orderId: "1001" }),
            random: eventId({ eventName: "Lead" }),
          }),
        };`,
    });
    const words = ["main.js", "--bundle", "--format=esm", "--conditions=workerd", "--external:*.wasm"];
    run(path, join(ROOT, "node_modules/.bin/esbuild"), ...words, "--outfile=worker.js");
    copyFileSync(join(path, "node_modules/capi-bridge/dist/edge/edge_bg.wasm"), join(path, "edge_bg.wasm"));
    const running = await startWorkerd({
      services: [{ name: "worker", folder: path, wasm: ["edge_bg.wasm"] }],
      ports: { worker: 0 },
      state: scratch("package-worker"),
    });
    try {
      const said = (await (await fetch(running.urls["worker"] ?? "")).json()) as Record<string, unknown>;
      expect(said).toMatchObject({
        visit: VISIT,
        email: [HASH_OF_JOHN_SMITH],
        order: "6e4c78d82a753cc5ca23e87024551922",
        random: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      });
    } finally {
      await running.stop();
    }
  });
});

describe("a Vite project", () => {
  let server: Server | undefined;
  afterAll(() => void server?.close());

  test("type-checks, builds, and in a browser has identifiers and gives Segment's event of an order its id", async () => {
    const path = packed.project(
      "vite",
      {
        "package.json": `{"type":"module","private":true}`,
        "tsconfig.json": `{"compilerOptions":{"strict":true,"module":"ESNext","moduleResolution":"Bundler","target":"ES2022","lib":["ES2022","DOM"],"noEmit":true,"skipLibCheck":true,"types":[]},"include":["main.ts"]}`,
        "index.html": `<!doctype html><html><head><script type="module" src="/main.ts"></script></head><body></body></html>`,
        "main.ts": `
          import { AnalyticsBrowser } from "@segment/analytics-next";
          import { start, type Bridge, type Settings } from "capi-bridge";
          import { type DataLayerOptions, listen } from "capi-bridge/datalayer";
          import { follow } from "capi-bridge/segment";
          const settings: Settings = { datasets: ["1234567890"], attach: { to: ["same-origin"] } };
          const bridge: Bridge = start(settings);
          const options: DataLayerOptions = { pixel: "leave", mappings: { unmapped: "custom" } };
          listen(bridge, options);
          // Types only: nothing calls this.
          interface Wheel { wheel: number }
          export function typed(wheel: Wheel) {
            window.capiBridge?.track("Spin", wheel, { orderId: 7 });
            window.capiBridge?.track("Purchase", { value: 1, currency: "EUR", own: true });
            window.capiBridge?.identify({ email: "jane@example.com", externalId: 7 });
            // @ts-expect-error A text is no customer information.
            window.capiBridge?.identify("jane@example.com");
          }
          const analytics = AnalyticsBrowser.load(
            { writeKey: "none", cdnSettings: { integrations: { "Segment.io": { apiKey: "none" } } } },
            { integrations: { "Segment.io": false } },
          );
          follow(bridge, analytics);
          void analytics.track("Order Completed", { order_id: "1001" }).then(({ event }) => {
            document.title = [bridge.identifiers().fbp, event.messageId].join(" ");
          });`,
      },
      "vite@8",
      pinned("@segment/analytics-next"),
    );
    run(path, process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".");
    run(path, "npx", "--no-install", "vite", "build", "--logLevel", "error");

    const types: Record<string, string> = { ".js": "text/javascript", ".html": "text/html" };
    const site = createServer((request, response) => {
      const file = join(path, "dist", request.url === "/" ? "index.html" : (request.url ?? ""));
      if (!existsSync(file)) return void response.writeHead(404).end();
      response
        .writeHead(200, { "content-type": types[extname(file)] ?? "text/plain" })
        .end(readFileSync(file));
    });
    server = site;
    await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
    const address = site.address();
    const executablePath = process.env["CHROMIUM_PATH"];
    const browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ["--no-sandbox"],
    });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`);
      await expect.poll(() => page.title()).toMatch(/^fb\.0\.\d{13}\.\d+ 6e4c78d82a753cc5ca23e87024551922$/);
    } finally {
      await browser.close();
    }
  });
});
