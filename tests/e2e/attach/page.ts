// A page with the hooks that add fields to requests. The test chooses the fields.

import { test as base, type Page } from "@playwright/test";
import { build } from "esbuild";
import { ROOT } from "../../support/sandbox.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

export const OWN = "www.shop.example";
export const LISTED = "api.example";
export const FOREIGN = "other.example";

/** The fields for the hooks to carry, the number of times that they asked for them, and the hooks. */
export interface Hooked {
  attach(to: (string | RegExp)[]): void;
  carried: { fbp?: string; fbc?: string; eventId: string } | undefined;
  asked: number;
}
declare const window: { hooked: Hooked };

export interface Site {
  recorder: Recorder;
  own: string;
  listed: string;
  foreign: string;
  /**
   * Opens a page at the own origin that attaches to the own and the listed origin. `before` and
   * `after` are scripts around the hooks, `head` and `body` are HTML.
   */
  open(parts?: { before?: string; after?: string; body?: string; head?: string }): Promise<Page>;
  /** Returns the fields in request number `at` to `/echo/{name}`: headers, parameters or form fields. */
  carried(name: string, at?: number): Record<string, string>;
}

/** The script of the hooks alone, built from their sources. */
const HOOKS = (
  await build({
    stdin: {
      contents: `
        import { attachToBeacon } from "./attach/beacon.ts";
        import { attachToForms } from "./attach/form.ts";
        import { attach } from "./attach/index.ts";
        import { attempt } from "./attach/hook.ts";
        import { attachToXhr } from "./attach/xhr.ts";
        import { leavingAlone } from "./deferred/alone.ts";
        const alone = new Set();
        const { leave, failed } = leavingAlone(alone);
        const later = (addFields) =>
          [attachToXhr, attachToBeacon, attachToForms].forEach((attachTo) => attempt(() => attachTo(addFields, alone, leave)));
        const carry = () => {
          window.hooked.asked += 1;
          const { carried } = window.hooked;
          return carried && [carried.fbp, carried.fbc, carried.eventId];
        };
        window.hooked = { asked: 0, carried: ${JSON.stringify({ fbp: "fbp.1", eventId: "id.1" })}, attach: (to) => later(attach(to, carry, alone, failed)) };
      `,
      resolveDir: `${ROOT}/src/shell/browser`,
      loader: "ts",
    },
    bundle: true,
    format: "iife",
    write: false,
  })
).outputFiles[0]!.text;

export const test = base.extend<{ site: Site }>({
  site: async ({ page }, use) => {
    const recorder = await startRecorder("http");
    const [own = "", listed = "", foreign = ""] = [OWN, LISTED, FOREIGN].map((host) => recorder.at(host, ""));
    const errors: unknown[] = [];
    page.on("pageerror", (error) => errors.push(error));
    await use({
      recorder,
      own,
      listed,
      foreign,
      async open({ before = "", after = "", body = "", head = "" } = {}) {
        const attach = `hooked.attach(${JSON.stringify(["same-origin", listed])})`;
        recorder.html = `<!doctype html><html><head>${head}
          <script>${before}</script><script>${HOOKS}</script><script>${attach};${after}</script>
          </head><body>${body}</body></html>`;
        await page.goto(`${own}/page/`);
        return page;
      },
      carried(name, at = 0) {
        const request = recorder.received(name).filter(({ method }) => method !== "OPTIONS")[at];
        if (!request) throw new Error(`nothing came for ${name}`);
        const body = request.body.startsWith("{") ? "" : request.body;
        const fields = [
          ...request.headers,
          ...new URLSearchParams(request.url.split("?")[1]),
          ...new URLSearchParams(body),
        ];
        return Object.fromEntries(fields.filter(([key]) => /capi-/i.test(key)));
      },
    });
    await recorder.stop();
    // The hooks raise no error in the page.
    base.expect(errors).toEqual([]);
  },
});

export const HEADERS = { "x-capi-fbp": "fbp.1", "x-capi-event-id": "id.1" };
export const FIELDS = { "capi-fbp": "fbp.1", "capi-event-id": "id.1" };
