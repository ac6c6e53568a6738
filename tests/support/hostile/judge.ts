// Judges an answer to any request. It must be JSON in the shape of its source, without secrets or
// personal data, and no 5xx.

import type { RawAnswer } from "./connection.ts";
import { type HostileRequest, PERSONAL, SECRETS } from "./requests.ts";

type Json = Record<string, unknown>;
const isText = (value: unknown) => typeof value === "string" && value !== "";
const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;

/** Returns the fault of an answer, or `undefined` if it has none. */
export function fault(request: HostileRequest, { status, headers, body }: RawAnswer): string | undefined {
  if (status >= 500) return `status ${status}: ${body.slice(0, 300)}`;
  for (const text of [...SECRETS, ...PERSONAL]) {
    if (body.includes(text)) return `it says ${text}`;
  }
  if (headers.has("set-cookie")) return "it sets a cookie";
  if (request.method === "HEAD" || status === 204 || status === 304) return undefined;
  const type = headers.get("content-type") ?? "";
  if (!type.startsWith("application/json")) {
    const isAsked = type.startsWith("text/plain") || type.startsWith("text/javascript");
    return isAsked && status === 200 ? undefined : `${status} with the content type "${type}"`;
  }
  let json: Json;
  try {
    json = JSON.parse(body) as Json;
  } catch {
    return `no JSON: ${body.slice(0, 300)}`;
  }
  return inShape(request, status, json) ? undefined : `${status} in another shape: ${body.slice(0, 300)}`;
}

function inShape({ shape, method, path }: HostileRequest, status: number, json: Json): boolean {
  // Events at a wrong address or with a wrong method get a general error: no library sends them.
  const isElsewhere = status === 404 || status === 405;
  switch (shape) {
    case "events":
      return isElsewhere || method === "OPTIONS"
        ? isText(json["error"]) || areProblems(json["problems"])
        : isCount(json["events_received"]) && areProblems(json["problems"]);
    case "graph": {
      const error = json["error"] as Json | undefined;
      if (status !== 200)
        return isText(error?.["message"]) && isText(error?.["fbtrace_id"]) && isCount(error?.["code"]);
      return (
        isCount(json["events_received"]) && Array.isArray(json["messages"]) && isText(json["fbtrace_id"])
      );
    }
    case "segment":
      if (status === 404 && path.endsWith("/nothing")) return isText(json["error"]);
      if (method === "OPTIONS") return areProblems(json["problems"]);
      return (
        json["success"] === (status === 200) &&
        (status === 200 || (isText(json["code"]) && isText(json["message"])))
      );
    case "operator":
      if (status === 200) return Array.isArray(json["datasets"]);
      return isText(json["error"]) || areProblems(json["problems"]);
    case "other":
      return status === 200 ? json["status"] === "ok" : isText(json["error"]);
  }
}

function areProblems(problems: unknown): boolean {
  return (
    Array.isArray(problems) &&
    problems.every(
      (one: Json) => isText(one["code"]) && isText(one["message"]) && typeof one["path"] === "string",
    )
  );
}
