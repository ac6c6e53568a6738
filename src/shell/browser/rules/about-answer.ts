// Makes the warnings about an answer: with the worker's own sentence if there is one.

import type { Answer } from "./refusal.ts";

/** A request with events, as a warning names it. */
export interface Posted {
  /** The address. */
  url: string;
  /** The page's origin. */
  origin: string;
  dataset: string | undefined;
}

/** A warning and its kind. A page prints one of each kind. */
export type Warning = [kind: string, sentence: string];

/** A JSON path of names. A key that a page made of a visitor's value may have other characters. */
const NAMES = /^[\w.[\]-]*$/;
/** The start of a path, which has no name that a page chose. */
const START = /^(data\[\d+\](\.(custom|user)_data)?)?/;

/** Returns the warnings about an answer, with its JSON. None holds a value of the visitor's. */
export function aboutAnswer(
  { status, problems }: Answer,
  response: Pick<Response, "headers" | "redirected"> | undefined,
  body: unknown,
  { url, origin, dataset }: Posted,
): Warning[] {
  const from = `page ${origin}${dataset ? `, dataset ${dataset}` : ""}`;
  // For the page's own origin, the path is enough.
  const at = `POST ${url.startsWith(`${origin}/`) ? url.slice(origin.length) : url}`;
  if (problems) {
    return problems.map(({ code, path, message, event_kept }) => {
      const fate = event_kept ? "the event was kept" : "not kept";
      const place = NAMES.test(path) ? path : START.exec(path)![0];
      return [code, `${at}: ${place}${place && ": "}${message} (${status}, ${fate}; ${from})`];
    });
  }
  if (response === undefined) {
    return [
      [
        "no answer",
        `${at} had no answer that the page may read (${from}). Expected: a worker that runs, the page's origin in its "allowedOrigins", the worker in the policy's connect-src, no blocker. The events wait.`,
      ],
    ];
  }
  const { headers, redirected } = response;
  const { error, routes } = (body ?? {}) as { error?: unknown; routes?: unknown };
  // A worker with another `base` lists its routes.
  const cause = Array.isArray(routes)
    ? `: ${status}, ${String(error)}`
    : ` was answered by something that is not the bridge: ${status} ${headers.get("content-type") ?? "without a content type"}${redirected ? ", after a redirect" : ""}`;
  return [
    [
      "not the bridge",
      `${at}${cause}. Check the setting endpoint (data-endpoint) and the rule of the server or proxy that leads it to the worker. The events wait.`,
    ],
  ];
}
