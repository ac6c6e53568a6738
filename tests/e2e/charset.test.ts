// Tests that the bridge starts, whatever charset the page and the script are served with.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { build } from "esbuild";
import { ROOT } from "../support/sandbox.ts";
import { bridge, INIT, run, serverCopy, STUB } from "./blank.ts";
import { type Shop, test } from "./shop.ts";

/** A page's own bundle of the npm package, as Vite writes it: characters beyond ASCII as they are. */
const BUNDLE = (
  await build({
    stdin: {
      contents: `import { start } from "./index.js"; start({ datasets: ["1234567890"] });`,
      resolveDir: join(ROOT, "dist"),
    },
    bundle: true,
    format: "iife",
    minify: true,
    charset: "utf8",
    write: false,
  })
).outputFiles[0]!.contents;

/** Opens a page and its scripts with this content type and no other word about a charset. */
async function open(page: Page, shop: Shop, type: string, head: string) {
  const failed: string[] = [];
  page.on("pageerror", (error) => failed.push(error.message));
  page.on("console", (message) => void (message.type() === "warning" && failed.push(message.text())));
  await page.route("**/capi-bridge*.js*", (route) => {
    const [name] = new URL(route.request().url()).pathname.split("/").slice(-1);
    return route.fulfill({
      headers: { "content-type": `text/javascript${type}` },
      body: readFileSync(join(ROOT, "dist", name!)),
    });
  });
  await page.route("**/bundle.js", (route) =>
    route.fulfill({ headers: { "content-type": `text/javascript${type}` }, body: Buffer.from(BUNDLE) }),
  );
  const url = shop.at("/charset");
  await page.route(url, (route) =>
    route.fulfill({
      headers: { "content-type": `text/html${type}` },
      body: `<!doctype html><html><head>${head}</head><body>page</body></html>`,
    }),
  );
  await page.goto(url);
  return failed;
}

for (const type of ["", "; charset=windows-1252", "; charset=shift_jis"]) {
  for (const [what, tag] of [
    ["the script tag", bridge()],
    // A classic script takes the page's charset; a module is always UTF-8.
    ["a page's own bundle", `<script src="/bundle.js"></script>`],
  ] as const) {
    test(`${what}, served as text/javascript${type}`, async ({ page, shop }) => {
      const failed = await open(page, shop, type, STUB + tag + INIT);
      await run(page, (window) => {
        window.capiBridge.identify({ email: "jane@example.com", country: "Deutschland" });
        window.fbq("track", "Lead");
      });
      const { server } = await serverCopy(shop, "Lead");
      expect(server.fbp).toMatch(/^fb\.1\./);
      expect(server.user_data["em"]).toHaveLength(1);
      expect(failed).toEqual([]);
    });
  }
}
