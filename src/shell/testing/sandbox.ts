// The sandbox as tests use it: start it, ask it, change its clock, make it fail.

import type { Fault, PairCheck, Report, SeenEvent } from "./api.ts";
import { sent, type Wanted } from "./judge.ts";
import { importBuilt } from "./places.ts";
import { settle } from "./settle.ts";

/** The time that `waitForEvent` waits unless told otherwise, in milliseconds. */
const WAIT_MILLIS = 10_000;

/** Options of `startSandbox`. */
export interface SandboxOptions {
  /** The port. Default: any that is free. */
  port?: number;
  /** A folder that keeps what the sandbox received. Default: memory. */
  data?: string;
}

/** A sandbox: the stand-in for Meta that `docs/sandbox.md` describes. */
export interface Sandbox {
  /** Its address: the Graph API's, the pixel's, and its page's. */
  url: string;
  /** Returns everything that it has seen, newest first. */
  report(): Promise<Report>;
  /**
   * Waits for an event of this name, and returns it.
   *
   * ```ts
   * const purchase = await sandbox.waitForEvent("Purchase", { parameters: { value: 59.9 } });
   * ```
   *
   * @throws {Error} when none came in time, with what came
   */
  waitForEvent(name: string, wanted?: Wanted & { timeoutMillis?: number }): Promise<SeenEvent>;
  /** Forgets everything, of all datasets or of one. Ends faults; the clock tells the real time again. */
  reset(datasetId?: string): Promise<void>;
  /**
   * Changes the sandbox's clock: by seconds from now on, or to a fixed time. The clocks of the browser and of the
   * bridge stay; Playwright's `page.clock` moves the page's.
   */
  moveClock(to: { seconds: number } | { millis: number }): Promise<void>;
  /** Makes the next requests fail. */
  injectFault(fault: Fault): Promise<void>;
  /** Ends a fault before it is used up. */
  endFault(): Promise<void>;
  /**
   * Says whether Meta would take these two copies for one event, and what is wrong with them. `browser` has the
   * fields of a copy in `report()`, `server` is an event of the Conversions API.
   */
  checkPair(browser: object | null, server: object | null): Promise<PairCheck>;
  /** Ends it. A sandbox that `sandboxAt` found goes on. */
  stop(): Promise<void>;
}

/** The part of the package's sandbox that is used here. It is a program of its own, with its wasm beside it. */
interface Program {
  serveSandbox(options: SandboxOptions): Promise<{ url: string; stop(): Promise<void> }>;
}

/** Starts a sandbox on loopback. */
export async function startSandbox({ port = 0, data }: SandboxOptions = {}): Promise<Sandbox> {
  const { serveSandbox } = await importBuilt<Program>("sandbox/index.js");
  const running = await serveSandbox({ port, ...(data !== undefined && { data }) });
  return { ...sandboxAt(running.url), stop: () => running.stop() };
}

/** Returns a sandbox that runs already, such as one of `npx capi-bridge sandbox`. */
export function sandboxAt(address: string): Sandbox {
  const url = new URL(address).origin;
  const report = async () => (await ask(url, "GET", "/api/events")) as Report;
  return {
    url,
    report,
    async waitForEvent(name, { timeoutMillis = WAIT_MILLIS, ...wanted } = {}) {
      const judgement = await settle(async () => sent(await report(), name, wanted), {
        isNot: false,
        timeoutMillis,
      });
      const [event] = judgement.events;
      if (judgement.pass && event !== undefined) return event;
      throw new Error(
        `waited ${timeoutMillis} ms for ${judgement.expected}; found: ${judgement.found}\nNext: ${judgement.next}`,
      );
    },
    async reset(datasetId) {
      const only = datasetId === undefined ? "" : `?dataset_id=${encodeURIComponent(datasetId)}`;
      await ask(url, "DELETE", `/api/events${only}`);
      await ask(url, "DELETE", "/api/fault");
      // A sandbox whose clock was never moved may be of a version without one.
      await ask(url, "DELETE", "/api/clock").catch(() => undefined);
    },
    async moveClock(to) {
      await ask(
        url,
        "PUT",
        "/api/clock",
        "seconds" in to ? { advance_seconds: to.seconds } : { now_millis: to.millis },
      );
    },
    async injectFault(fault) {
      await ask(url, "PUT", "/api/fault", fault);
    },
    async endFault() {
      await ask(url, "DELETE", "/api/fault");
    },
    checkPair: async (browser, server) =>
      (await ask(url, "POST", "/api/check-pair", { browser, server })) as PairCheck,
    stop: async () => undefined,
  };
}

/** @throws {Error} when the sandbox does not answer, or refuses, with its sentence */
async function ask(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, {
    method,
    ...(body !== undefined && {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  }).catch((error: unknown) => {
    throw new Error(
      `No sandbox answers at ${url}. Start one with startSandbox() or npx capi-bridge sandbox.`,
      {
        cause: error,
      },
    );
  });
  const text = await answer.text();
  if (answer.ok) return text === "" ? undefined : (JSON.parse(text) as unknown);
  throw new Error(`The sandbox refused ${method} ${path} (${answer.status}): ${sentence(text)}`);
}

/** Returns the sentence of the sandbox's error, or its text. */
function sentence(text: string): string {
  try {
    return (JSON.parse(text) as { error: { message: string } }).error.message;
  } catch {
    return text.slice(0, 200);
  }
}
