// The Graph API's contract: what Meta's SDKs post to Meta, they may post here.

import { answer, type HeaderPairs, json } from "./answer.ts";
import { UnreadBody } from "./body.ts";
import { withRelay } from "./engine.ts";
import { configuration, type Env } from "./env.ts";
import { answerOnceStored, bodyOf, type Context, peer } from "./intake.ts";
import { log } from "./log.ts";

/** Whether a path begins with a version of the Graph API: whoever asks for it reads the Graph API's errors. */
export const isGraphPath = (pathname: string) => /^\/v\d+\.\d+\//.test(pathname);

/** The dataset of `/{version}/{dataset}/events`; undefined for any other path. */
export const graphDataset = (pathname: string) => /^\/v\d+\.\d+\/(\d+)\/events\/?$/.exec(pathname)?.[1];

/** An error of the worker itself, as an object of the Graph API's: to be tried again unless it is the address. */
export function graphFailure(status: number, message: string, headers: HeaderPairs = []): Response {
  const fbtrace_id = crypto.randomUUID().replaceAll("-", "");
  const [code, is_transient] = status >= 500 ? [2, true] : [100, false];
  return json(
    status,
    { error: { message, type: "OAuthException", code, is_transient, fbtrace_id } },
    headers,
  );
}

/** `POST /{version}/{dataset}/events`. Which version is the client's business: the worker sends with its own. */
export async function takeGraphEvents(
  request: Request,
  dataset: string,
  env: Env,
  context: Context,
): Promise<Response> {
  if (request.method !== "POST") return graphFailure(405, `expected POST, not ${request.method}`);
  const config = configuration(env);
  const keys = env.BRIDGE_KEY ?? "";
  const from = peer(request);
  const admission = withRelay(config, (relay) => relay.admitGraph(request, from, keys, Date.now()));
  if (admission.answer !== null) return answer(admission.answer);

  const received = await bodyOf(request, config, admission.maxBodyBytes);
  if (received instanceof UnreadBody) {
    if (received.status === 400) return graphFailure(400, received.message);
    return answer(withRelay(config, (relay) => relay.graphTooSlow(request, from, keys, Date.now())));
  }
  const { contentType, body } = await readable(request.headers.get("content-type") ?? "", received);
  const intake = withRelay(config, (relay) =>
    relay.takeGraph(request, from, keys, dataset, contentType, body, Date.now()),
  );
  if (intake.dataset_id === null) {
    log("warn", "graph request refused", { status: intake.answer.status, answer: intake.answer.body });
  }
  return answerOnceStored(intake, env, context);
}

/** Multipart becomes a form of names and values: the host has the parser. What it cannot parse stays as it is. */
async function readable(contentType: string, body: Uint8Array) {
  if (!contentType.toLowerCase().startsWith("multipart/form-data")) return { contentType, body };
  try {
    const parts = await new Response(body, { headers: { "content-type": contentType } }).formData();
    const form = new URLSearchParams();
    for (const [name, value] of parts)
      form.append(name, typeof value === "string" ? value : await value.text());
    return {
      contentType: "application/x-www-form-urlencoded",
      body: new TextEncoder().encode(form.toString()),
    };
  } catch {
    return { contentType, body };
  }
}
