// W3C WebDriver: the few requests that a visitor needs.

import { type ToldCookie, type Visitor, stored } from "./browser.ts";

/** A cookie as WebDriver reports it. */
type Told = Omit<ToldCookie, "expires"> & { expiry?: number };
/** The outcome of a function that ran in the page. */
type Ended = { value: unknown } | { thrown: string };

const PAGE_WITHIN_MILLIS = 20_000;

/** Returns whether the driver at this address is ready for a session. */
export async function isReady(url: string): Promise<boolean> {
  return ((await ask(url, "GET", "/status", 1_000)) as { ready: boolean }).ready;
}

/** Starts a browser with an empty profile. Gives up after `withinMillis`. */
export async function startSession(
  url: string,
  withinMillis: number,
): Promise<{ version: string; visitor: Visitor }> {
  const { sessionId, capabilities } = (await ask(url, "POST", "/session", withinMillis, {
    capabilities: {
      alwaysMatch: {
        acceptInsecureCerts: true,
        timeouts: { pageLoad: PAGE_WITHIN_MILLIS, script: PAGE_WITHIN_MILLIS },
      },
    },
  })) as { sessionId: string; capabilities: { browserVersion: string } };

  const command = (method: Method, path: string, body?: object) =>
    ask(url, method, `/session/${sessionId}${path}`, PAGE_WITHIN_MILLIS + 5_000, body);
  const visitor: Visitor = {
    goto: async (address) => void (await command("POST", "/url", { url: address })),
    async evaluate(run: (given: never) => unknown, given?: unknown) {
      const ended = (await command("POST", "/execute/async", {
        script: `const [given, done] = arguments;
          Promise.resolve().then(() => (${String(run)})(given)).then(
            (value) => done({ value }), (error) => done({ thrown: String(error) }));`,
        args: [given ?? null],
      })) as Ended;
      if ("thrown" in ended) throw new Error(ended.thrown);
      return ended.value as never;
    },
    async cookies() {
      const told = (await command("GET", "/cookie")) as Told[];
      return stored(told.map(({ expiry = -1, ...cookie }) => ({ ...cookie, expires: expiry })));
    },
    close: async () => void (await command("DELETE", "")),
  };
  return { version: capabilities.browserVersion, visitor };
}

type Method = "GET" | "POST" | "DELETE";

/** Sends one command and returns the value of its answer. */
async function ask(url: string, method: Method, path: string, withinMillis: number, body?: object) {
  const response = await fetch(url + path, {
    method,
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(withinMillis),
  });
  const { value } = (await response.json()) as { value: unknown };
  if (response.ok) return value;
  const { error, message } = value as { error: string; message: string };
  throw new Error(`WebDriver, ${method} ${path}: ${error}: ${message}`);
}
