// Judges Meta's answers about a token. Sources: Meta, "debug_token"; answers of it that were published.

import { type Answer, errorIn, errorOf, inWords } from "./graph.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** The days before its end from which a token is a warning. */
const WARN_DAYS = 14;
const DAY_SECONDS = 24 * 60 * 60;
/** The codes of a token that Meta does not accept at all. Others may mean that it may not ask about itself. */
const DEAD = [102, 104, 190, 2500];

/** The fields of `debug_token`'s answer that are read. */
interface Described {
  is_valid?: unknown;
  expires_at?: unknown;
  data_access_expires_at?: unknown;
  granular_scopes?: unknown;
  error?: unknown;
}

/**
 * Judges the answer of `debug_token`. Returns nothing where Meta refuses to tell: then the life of the token is unknown,
 * and it may work all the same.
 */
export function judgeToken(answer: Answer, dataset: string, nowSeconds: number): Finding[] | undefined {
  const about = `token of ${dataset}`;
  const error = errorOf(answer);
  if (error !== undefined) {
    const isDead = DEAD.includes(error.code);
    const isOfRequest = error.code === 2635 || error.type === "GraphMethodException";
    if (!isDead && !(isOfRequest && error.subcode === undefined)) return undefined;
    const { says, todo } = inWords(error);
    return [problem(about, says, todo)];
  }
  const described = answer.body?.["data"] as Described | null | undefined;
  if (typeof described !== "object" || described === null || answer.status !== 200) return undefined;
  if (described.is_valid === false) {
    const told = errorIn(described.error);
    const { says, todo } = told === undefined ? inWords({ code: 190 }) : inWords(told);
    return [problem(about, says, todo)];
  }
  return [judgeLife(about, described, nowSeconds), ...judgeScopes(about, described, dataset)];
}

function judgeLife(about: string, described: Described, nowSeconds: number): Finding {
  const { expires_at, data_access_expires_at } = described;
  // 0 means that there is no end.
  const ends = [expires_at, data_access_expires_at].filter(
    (end): end is number => typeof end === "number" && end > 0,
  );
  if (ends.length === 0) return ok(about, "Meta accepts it, and it has no end.");
  const end = Math.min(...ends);
  const date = new Date(end * 1000).toISOString().slice(0, 10);
  const renew =
    "Make a new token in Events Manager (it usually has no end), set it and restart: the old one works until then.";
  if (end <= nowSeconds) return problem(about, `It ended on ${date}.`, renew);
  const days = Math.floor((end - nowSeconds) / DAY_SECONDS);
  const left = days === 0 ? "in less than a day" : days === 1 ? "in a day" : `in ${days} days`;
  if (days < WARN_DAYS) return warning(about, `Meta accepts it. It ends ${left}, on ${date}.`, renew);
  return ok(about, `Meta accepts it. It ends ${left}, on ${date}.`);
}

function judgeScopes(about: string, { granular_scopes: scopes }: Described, dataset: string): Finding[] {
  if (!Array.isArray(scopes)) return [];
  const targets = scopes.flatMap((scope: { target_ids?: unknown } | null) =>
    Array.isArray(scope?.target_ids) ? scope.target_ids.map(String) : [],
  );
  if (targets.length === 0 || targets.includes(dataset)) return [];
  return [
    warning(
      about,
      `Meta names other objects for it: ${[...new Set(targets)].slice(0, 3).join(", ")}, and not ${dataset}.`,
      `If events are refused: make a token in the settings of dataset ${dataset}, and set it as META_ACCESS_TOKEN_${dataset}.`,
    ),
  ];
}
