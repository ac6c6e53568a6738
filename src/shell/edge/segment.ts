// Segment's Tracking API and its webhook: the face of it. What a call means is decided in Rust.

import { answer, type HeaderPairs, json } from "./answer.ts";
import { UnreadBody } from "./body.ts";
import { withRelay } from "./engine.ts";
import { configuration, type Env } from "./env.ts";
import { answerOnceStored, bodyOf, type Context, peer } from "./intake.ts";

/** The secrets of Segment's sources, by name. */
const SECRET = /^SEGMENT_(WRITE_KEY|WEBHOOK_SECRET)(_\d+)?$/;

/**
 * Answers one of Segment's paths: `/v1/…`, at the root as Segment has it or below the base, and
 * `{base}/segment/webhook`. Undefined where it is none, or where no key of Segment's is set: a site
 * may have a `/v1/` of its own.
 */
export async function segment(
  request: Request,
  env: Env,
  context: Context,
  base: string,
): Promise<Response | undefined> {
  const call = named(new URL(request.url).pathname, base);
  if (call === undefined) return undefined;
  const config = configuration(env);
  const secrets = secretsOf(env);
  if (!withRelay(config, (relay) => relay.answersSegment(secrets))) return undefined;

  if (request.method === "OPTIONS") {
    return answer(withRelay(config, (relay) => relay.segmentPreflight(request)));
  }
  const from = peer(request);
  const admission = withRelay(config, (relay) => relay.admitSegment(request, from, call, Date.now()));
  if (admission === undefined) return undefined;
  if (request.method !== "POST")
    return segmentFailure(405, "invalid_request", "expected POST", [["allow", "POST"]]);
  if (admission.answer !== null) return answer(admission.answer);
  const body = await bodyOf(request, config, admission.maxBodyBytes);
  if (body instanceof UnreadBody) return segmentFailure(body.status, body.code, body.message);
  const intake = withRelay(config, (relay) =>
    relay.takeSegment(request, from, call, secrets, body, Date.now()),
  );
  return answerOnceStored(intake, env, context);
}

/** Whether a path may be one of Segment's, whatever the base: whoever asks for it reads Segment's errors. */
export const isSegmentPath = (pathname: string) => /\/v1\/[a-z]+\/?$|\/segment\/webhook$/.test(pathname);

/** The call that a path is for. */
function named(pathname: string, base: string): string | undefined {
  if (pathname === `${base}/segment/webhook`) return "webhook";
  const path = pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname;
  const call = /^\/v1\/([a-z]+)\/?$/.exec(path)?.[1];
  return call === "webhook" ? undefined : call;
}

function secretsOf(env: Env): [string, string][] {
  return Object.entries(env).filter(
    (entry): entry is [string, string] => SECRET.test(entry[0]) && typeof entry[1] === "string",
  );
}

/** A refusal in Segment's shape. */
export function segmentFailure(status: number, code: string, message: string, headers: HeaderPairs = []) {
  const problems = [{ code, path: "", message, event_kept: false }];
  return json(status, { success: false, code, message, problems }, headers);
}
