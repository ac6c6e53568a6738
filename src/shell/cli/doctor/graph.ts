// Requests of the doctor to the Graph API.

import { createHmac } from "node:crypto";
import { explain, type MetaError } from "../meta-error.ts";

const WITHIN_MILLIS = 15_000;

/** The Graph API, and the secrets of one dataset. */
export interface Access {
  graphUrl: string;
  version: string;
  token: string;
  appSecret?: string | undefined;
}

/** An answer. `body` is undefined where it is no JSON. */
export interface Answer {
  status: number;
  body: Record<string, unknown> | undefined;
  /** The `Date` header, Unix milliseconds. */
  dateMillis?: number;
}

/** Meta's error object, without its texts: they are in any language, and may repeat the token. */
export interface GraphError {
  code: number;
  subcode?: number;
  type?: string;
  trace?: string;
}

/** The code of a failed connection, such as `ENOTFOUND`. Never the address: it holds the token. */
export class NoAnswer extends Error {}

/**
 * Sends a request. The token is in a header.
 *
 * @throws {NoAnswer} when nothing answers
 */
export async function ask(access: Access, path: string, query: object = {}, event?: object): Promise<Answer> {
  const { graphUrl, version, token, appSecret } = access;
  const url = new URL(`/${version}${path}`, graphUrl);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  if (appSecret !== undefined) {
    url.searchParams.set("appsecret_proof", createHmac("sha256", appSecret).update(token).digest("hex"));
  }
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, {
      method: event === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(event !== undefined && { body: JSON.stringify(event) }),
      redirect: "manual",
      signal: AbortSignal.timeout(WITHIN_MILLIS),
    });
    text = await answer.text();
  } catch (error) {
    const { name, cause } = error as Error & { cause?: { code?: string } };
    const isLate = name === "TimeoutError";
    throw new NoAnswer(
      isLate ? `no answer within ${WITHIN_MILLIS / 1000} seconds` : (cause?.code ?? "no answer"),
    );
  }
  const date = Date.parse(answer.headers.get("date") ?? "");
  return { status: answer.status, body: parsed(text), ...(!Number.isNaN(date) && { dateMillis: date }) };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns Meta's error object of an answer. */
export function errorOf({ body }: Answer): GraphError | undefined {
  return errorIn(body?.["error"]);
}

/** Reads an error object. `debug_token` writes `subcode` in place of `error_subcode`. */
export function errorIn(value: unknown): GraphError | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { code, error_subcode, subcode = error_subcode, type, fbtrace_id } = value as Record<string, unknown>;
  if (typeof code !== "number") return undefined;
  return {
    code,
    ...(typeof subcode === "number" && { subcode }),
    ...(typeof type === "string" && { type }),
    ...(typeof fbtrace_id === "string" && /^[\w+/=-]{1,64}$/.test(fbtrace_id) && { trace: fbtrace_id }),
  };
}

/** Returns an error in plain words: what it means, and what to do. */
export function inWords({ code, subcode, type, trace }: GraphError): { says: string; todo: string } {
  const { errors } = explain(code, subcode);
  const known: MetaError | undefined = errors.find((row) => row.type === type) ?? errors[0];
  const name = `error ${code}${subcode === undefined ? "" : `/${subcode}`}`;
  const traced = trace === undefined ? "" : `, fbtrace_id ${trace}`;
  if (known === undefined) {
    return {
      says: `Meta answers ${name}${traced}, which no document that we know has.`,
      todo: "Look at Meta's status page, and try again in some minutes.",
    };
  }
  return { says: `Meta answers ${name}${traced}: ${known.means}`, todo: known.do };
}
