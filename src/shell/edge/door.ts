// The door: the entry point of requests with events, from any sender. Admits, reads, takes, stores, answers.

import { type Answer, failureAt, type Intake, type Relay, senderSecretNames } from "#wasm/edge";
import { answer, json } from "./answer.ts";
import { readAtMost, UnreadBody } from "./body.ts";
import { withRelay } from "./engine.ts";
import { configuration, type Env } from "./env.ts";
import { answerOnceStored, type Context, peer } from "./intake.ts";
import { reportRefusals } from "./refusals.ts";
import { Trap } from "../wasm/guard.ts";

/** Answers a request to one of the door's paths; undefined for any other path. */
export async function enter(request: Request, env: Env, context: Context): Promise<Response | undefined> {
  const config = configuration(env);
  const { address, country, region } = peer(request);
  const secrets = senderSecrets(env);
  const admit = () =>
    withRelay(config, (relay) => relay.admit(request, address, country, region, secrets, Date.now()));
  const admitted = admit();
  if (admitted === undefined) return undefined;
  if (typeof admitted !== "number") return refused(admitted, env, context);
  const taking = take(request, config, admitted, admit);
  // Without this, workerd ends the reading when the client resets the connection. Then no `finally` runs, and
  // the memory for the body is not given back. The failure itself is answered below.
  context.waitUntil(taking.catch(() => undefined));
  const taken = await taking;
  if (!("answer" in taken)) return refused(taken, env, context);
  if (taken.answer.refused) reportRefusals(env, context);
  return answerOnceStored(taken, env, context);
}

/** Reads the body and hands it to the relay. Returns the intake, or an answer if the body was not read. */
async function take(
  request: Request,
  config: string,
  admitted: number,
  admit: () => ReturnType<Relay["admit"]>,
): Promise<Intake | Answer> {
  const [limit, withinMillis] = withRelay(config, (relay) => [
    relay.maxBodyBytes(admitted),
    relay.bodyTimeoutMillis,
  ]);
  const hold = (bytes: number) => withRelay(config, (relay) => relay.hold(admitted, bytes));
  /** Runs `use`. If a trap made the module forget this request, admits the request again by its head. */
  const known = <T>(use: (relay: Relay, admitted: number) => T | undefined): T | Answer => {
    const found = withRelay(config, (relay) => use(relay, admitted));
    if (found !== undefined) return found;
    const again = admit();
    if (typeof again === "object") return again;
    const isAdmitted = again !== undefined && again !== 0;
    const second = isAdmitted ? withRelay(config, (relay) => use(relay, again)) : undefined;
    if (second === undefined) throw new Trap("the relay forgot a request twice");
    return second;
  };
  let body: Uint8Array;
  try {
    body = await readAtMost(request, limit, { withinMillis, hold });
  } catch (error) {
    if (error instanceof UnreadBody) {
      return known((relay, admitted) => relay.unread(admitted, error.why, Date.now()));
    }
    if (!(error instanceof Trap)) withRelay(config, (relay) => relay.dismiss(admitted));
    throw error;
  }
  return known((relay, admitted) => relay.take(admitted, body, Date.now()));
}

function refused(decided: Answer, env: Env, context: Context): Response {
  if (decided.refused) reportRefusals(env, context);
  return answer(decided);
}

/** Answers a request for a path that nothing answers. */
export function notFound(request: Request, env: Env, context: Context): Response {
  const decided = withRelay(configuration(env), (relay) => relay.notFound(request, Date.now()));
  return refused(decided, env, context);
}

/** Answers a request whose host no URL can have. */
export function invalidHost(problem: string, env: Env, context: Context): Response {
  try {
    withRelay(configuration(env), (relay) => relay.countInvalidHost());
    reportRefusals(env, context);
  } catch {
    // The configuration is wrong. Requests with a usable host are told so.
  }
  return json(400, { error: problem });
}

/** A failure of the worker itself. */
export interface Failure {
  status: number;
  code: string;
  message: string;
  retryAfterSeconds?: number;
}

/** Answers a failure of the worker in the shape that the request's sender reads. */
export function failure(request: Request, env: Env, context: Context, failed: Failure): Response {
  const { status, code, message, retryAfterSeconds } = failed;
  const shaped = inShape(request, env, context, failed);
  if (shaped !== undefined) return answer(shaped);
  const retry: [string, string][] =
    retryAfterSeconds === undefined ? [] : [["retry-after", String(retryAfterSeconds)]];
  return json(status, { error: message, code }, retry);
}

function inShape(request: Request, env: Env, context: Context, failed: Failure): Answer | undefined {
  const { status, code, message, retryAfterSeconds } = failed;
  try {
    const secrets = senderSecrets(env);
    const shaped = withRelay(configuration(env), (relay) =>
      relay.failure(request, secrets, status, code, message, retryAfterSeconds, Date.now()),
    );
    reportRefusals(env, context);
    return shaped;
  } catch {
    // The configuration is wrong, or the module failed on this too.
  }
  try {
    return failureAt(request.url, status, code, message, retryAfterSeconds);
  } catch {
    return undefined;
  }
}

let last: { env: Env; text: string } | undefined;

/** Returns the secrets of senders as text, cached: a host passes the same object each time. */
export function senderSecrets(env: Env): string {
  if (last === undefined || last.env !== env) {
    const bound = env as unknown as Record<string, unknown>;
    const named = senderSecretNames(Object.keys(bound)).map((name) => [name, bound[name]]);
    last = { env, text: JSON.stringify(named.filter(([, secret]) => typeof secret === "string")) };
  }
  return last.text;
}
