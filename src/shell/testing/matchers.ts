// The matchers of Playwright and Vitest over one set of judgements.

import type { Report, SeenEvent } from "./api.ts";
import { drawEvents } from "./draw.ts";
import { carries, deduplicated, type OfEvents, sent, sentOnce, sharesEventId, type Wanted } from "./judge.ts";
import { message } from "./message.ts";
import { settle } from "./settle.ts";

/** Anything that has events: the fixture `capi`, or a sandbox. */
export interface HasEvents {
  report(): Promise<Report>;
}

/** Options of a matcher. */
export interface MatcherOptions extends Omit<Wanted, "parameters"> {
  /** Limits the wait, in milliseconds. Default: the runner's limit. */
  timeout?: number;
}

/** The parts of a runner's matcher that are used here. */
export interface Runner {
  isNot: boolean;
  /** The runner's timeout of an expectation, in milliseconds. */
  timeout: number;
  /** Returns the call as the runner writes it. */
  hint(name: string): string;
}

/** The result that a matcher returns to its runner. */
export interface Outcome {
  pass: boolean;
  message: () => string;
  name: string;
  expected: string;
  actual: string;
}

/** The most events that a message draws. */
const MAX_DRAWN = 5;

/** Returns the outcome of a matcher over events. */
async function over(
  runner: Runner,
  name: string,
  received: unknown,
  options: MatcherOptions,
  judge: (report: Report) => OfEvents,
): Promise<Outcome> {
  const source = withEvents(name, received);
  const { isNot, timeout } = runner;
  const judgement = await settle(async () => judge(await source.report()), {
    isNot,
    timeoutMillis: options.timeout ?? timeout,
  });
  return outcome(runner, name, judgement, drawn(judgement.events));
}

/** Returns what the runner needs. With "not", a judgement about nothing fails, too. */
export function outcome(
  runner: Runner,
  name: string,
  judgement: OfEvents | Parameters<typeof message>[1],
  picture = "",
): Outcome {
  const { isNot } = runner;
  const { pass, isEmpty = false, expected, found } = judgement;
  return {
    pass: isNot && isEmpty ? true : pass,
    message: () => message(runner.hint(name), judgement, isNot, picture),
    name,
    expected,
    actual: found,
  };
}

const drawn = (events: SeenEvent[]) => (events.length === 0 ? "" : drawEvents(events.slice(0, MAX_DRAWN)));

/** @throws {TypeError} when a test passes something else to `expect` */
function withEvents(matcher: string, received: unknown): HasEvents {
  if (typeof (received as Partial<HasEvents> | null)?.report === "function") return received as HasEvents;
  throw new TypeError(
    `${matcher}: expected the fixture "capi" or a sandbox: await expect(capi).${matcher}(…)`,
  );
}

export const toHaveSent = (
  runner: Runner,
  received: unknown,
  eventName: string,
  parameters: Record<string, unknown> = {},
  options: MatcherOptions = {},
) =>
  over(runner, "toHaveSent", received, options, (report) =>
    sent(report, eventName, wanted(parameters, options)),
  );

export const toHaveSentOnce = (
  runner: Runner,
  received: unknown,
  eventName: string,
  parameters: Record<string, unknown> = {},
  options: MatcherOptions = {},
) =>
  over(runner, "toHaveSentOnce", received, options, (report) =>
    sentOnce(report, eventName, wanted(parameters, options)),
  );

export const toBeDeduplicated = (
  runner: Runner,
  received: unknown,
  eventName: string,
  options: MatcherOptions = {},
) =>
  over(runner, "toBeDeduplicated", received, options, (report) => deduplicated(report, eventName, options));

export const toShareEventId = (
  runner: Runner,
  received: unknown,
  eventName: string,
  options: MatcherOptions = {},
) => over(runner, "toShareEventId", received, options, (report) => sharesEventId(report, eventName, options));

export const toHaveIdentifiers = (
  runner: Runner,
  received: unknown,
  eventName: string,
  identifiers: string[],
  options: MatcherOptions = {},
) =>
  over(runner, "toHaveIdentifiers", received, options, (report) =>
    carries(report, eventName, identifiers, options),
  );

/** Leaves out empty parameters, so that messages do not name them. */
const wanted = (parameters: Record<string, unknown>, { timeout: _, ...options }: MatcherOptions): Wanted =>
  Object.keys(parameters).length === 0 ? options : { ...options, parameters };
