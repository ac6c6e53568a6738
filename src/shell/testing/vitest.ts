// `capi-bridge/testing/vitest`: matchers for Vitest, and `test` with Meta's stand-in and a bridge for back ends.

import { expect, test as baseTest } from "vitest";
import { type Bridge, startBridge } from "./bridge.ts";
import type { FakeBridge } from "./fake.ts";
import type { HasEvents, MatcherOptions, Runner } from "./matchers.ts";
import * as matchers from "./matchers.ts";
import { differences, shown } from "./match.ts";
import { message } from "./message.ts";
import { type Sandbox, startSandbox } from "./sandbox.ts";
import type { Judgement } from "./settle.ts";

export { type FakeBridge, fakeBridge, type TrackedEvent } from "./fake.ts";
export { expect };

/** The fixture `capi`: Meta's stand-in and the bridge, empty at the start of each test. */
export interface Capi extends HasEvents {
  sandbox: Sandbox;
  bridge: Bridge;
}

/**
 * Vitest's `test` with the fixture `capi`. The sandbox and the bridge live as long as the file.
 *
 * ```ts
 * import { expect, test } from "capi-bridge/testing/vitest";
 *
 * test("the back end sends the order", async ({ capi }) => {
 *   await placeOrder({ graphUrl: capi.bridge.url, token: capi.bridge.key });
 *   await expect(capi).toHaveSent("Purchase", { value: 59.9, currency: "EUR" });
 * });
 * ```
 */
export const test = baseTest.extend<{
  capiServices: { sandbox: Sandbox; bridge: Bridge; isUsed: boolean };
  capi: Capi;
}>({
  capiServices: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const sandbox = await startSandbox();
      const bridge = await startBridge({ sandbox });
      await use({ sandbox, bridge, isUsed: false });
      await bridge.stop();
      await sandbox.stop();
    },
    { scope: "file" },
  ],
  capi: async ({ capiServices }, use) => {
    const { sandbox, bridge } = capiServices;
    if (capiServices.isUsed) {
      await bridge.reset();
      await sandbox.reset();
    }
    capiServices.isUsed = true;
    await use({ sandbox, bridge, report: sandbox.report });
  },
});

/** Vitest has no timeout of an expectation. */
const TIMEOUT_MILLIS = 5_000;

/** The parts of Vitest's matcher state that are used here. */
interface State {
  isNot?: boolean;
  utils: {
    matcherHint(name: string, received?: string, expected?: string, options?: { isNot?: boolean }): string;
  };
}

const runner = ({ isNot = false, utils }: State, received = "capi"): Runner => ({
  isNot,
  timeout: TIMEOUT_MILLIS,
  hint: (name) => utils.matcherHint(name, received, "", { isNot }),
});

expect.extend({
  toHaveSent(
    received: unknown,
    eventName: string,
    parameters?: Record<string, unknown>,
    options?: MatcherOptions,
  ) {
    return matchers.toHaveSent(runner(this), received, eventName, parameters, options);
  },
  toHaveSentOnce(
    received: unknown,
    eventName: string,
    parameters?: Record<string, unknown>,
    options?: MatcherOptions,
  ) {
    return matchers.toHaveSentOnce(runner(this), received, eventName, parameters, options);
  },
  toBeDeduplicated(received: unknown, eventName: string, options?: MatcherOptions) {
    return matchers.toBeDeduplicated(runner(this), received, eventName, options);
  },
  toShareEventId(received: unknown, eventName: string, options?: MatcherOptions) {
    return matchers.toShareEventId(runner(this), received, eventName, options);
  },
  toHaveIdentifiers(received: unknown, eventName: string, identifiers: string[], options?: MatcherOptions) {
    return matchers.toHaveIdentifiers(runner(this), received, eventName, identifiers, options);
  },
  toHaveTracked(received: unknown, eventName: string, parameters: Record<string, unknown> = {}) {
    const judgement = tracked(received, eventName, parameters);
    const isNot = this.isNot === true;
    const hint = runner(this, "bridge").hint("toHaveTracked");
    return { pass: judgement.pass, message: () => message(hint, judgement, isNot) };
  },
});

/** @throws {TypeError} when a test passes something else to `expect` */
function tracked(received: unknown, eventName: string, parameters: Record<string, unknown>): Judgement {
  const { tracked: events } = (received ?? {}) as Partial<FakeBridge>;
  if (events === undefined) {
    throw new TypeError(
      `toHaveTracked: expected a fake bridge: expect(fakeBridge()).toHaveTracked("${eventName}")`,
    );
  }
  const named = events.filter((event) => event.eventName === eventName);
  const wrong = named.map((event) => differences(parameters, event.parameters));
  const pass = wrong.some((each) => each.length === 0);
  const of = Object.keys(parameters).length === 0 ? "" : ` with ${shown(parameters)}`;
  const names = [...new Set(events.map((event) => event.eventName))];
  return {
    pass,
    isFirm: true,
    expected: `${eventName}${of}`,
    found: pass
      ? `${named.length} of that name`
      : named.length > 0
        ? wrong.map((each) => `a ${eventName} with ${each.join(", ")}`).join("; ")
        : names.length === 0
          ? "no event"
          : `only ${names.join(", ")}`,
    next: pass
      ? "remove the call of track()."
      : `check that the code calls track("${eventName}", …) on this bridge, with consent granted.`,
    events: [],
  };
}

/** The matchers of this module. */
interface CapiMatchers<R> {
  /** Expects that an event of this name was sent, with at least these parameters. */
  toHaveSent(eventName: string, parameters?: Record<string, unknown>, options?: MatcherOptions): Promise<R>;
  /** Expects that exactly one event of this name was sent, and each of its copies once. */
  toHaveSentOnce(
    eventName: string,
    parameters?: Record<string, unknown>,
    options?: MatcherOptions,
  ): Promise<R>;
  /** Expects that Meta takes both copies of each event of this name for one event. */
  toBeDeduplicated(eventName: string, options?: MatcherOptions): Promise<R>;
  /** Expects that both copies of each event of this name have one event id. */
  toShareEventId(eventName: string, options?: MatcherOptions): Promise<R>;
  /** Expects that each event of this name carries these identifiers. */
  toHaveIdentifiers(eventName: string, identifiers: string[], options?: MatcherOptions): Promise<R>;
  /** Expects that a fake bridge was given an event of this name, with at least these parameters. */
  toHaveTracked(eventName: string, parameters?: Record<string, unknown>): R;
}

declare module "vitest" {
  interface Matchers<T = any> extends CapiMatchers<void> {}
}
