// Decides after an answer that is no receipt: each event is sent again at once, sent again later, or deleted.

/** A problem that the worker found in one field. `docs/configuration.md` documents it. */
export interface Problem {
  code: string;
  /** The JSON path of the field, such as `data[1].custom_data.value`. */
  path: string;
  message: string;
  /** False: the event, or the whole request, was refused. */
  event_kept: boolean;
}

/** The answer to a POST of events. */
export interface Answer {
  /** The HTTP status; 0 without an answer. */
  status: number;
  /** The problems in the worker's answer. Undefined if something else answered. */
  problems: Problem[] | undefined;
  /** The number of times that the events were sent before. */
  tries: number;
}

/** The 4xx statuses that ask to send the same request again. The others last until a setting changes. */
const PASSING = [408, 425, 429];

/** Returns true for a refusal that stays until a setting of the page, the worker or a proxy changes. */
export const isLasting = (status: number): boolean =>
  status >= 400 && status < 500 && !PASSING.includes(status);

/**
 * Returns the problems that the worker named in a body, or undefined for a body that is not the worker's.
 *
 * Every version of the worker answers a POST of events with `events_received`, with any status.
 */
export function problemsOf(body: unknown): Problem[] | undefined {
  const { events_received, problems } = (body ?? {}) as { events_received?: unknown; problems?: Problem[] };
  if (typeof events_received !== "number") return undefined;
  return [problems ?? []].flat().filter((each) => typeof each?.path === "string");
}

/**
 * Returns true if the page's console gets a warning. A refusal that may pass by itself (429, 5xx, no answer)
 * is worth a warning once it comes again.
 */
export const isWorthAWarning = ({ status, problems, tries }: Answer): boolean =>
  tries > 0 || isLasting(status) || (status >= 200 && status < 300 && problems?.length !== 0);

/**
 * Returns the groups of the `count` events of a request, by index, that are sent again at once. The other events are
 * deleted: the worker refused them. Returns undefined to keep all of them and try again later.
 */
export function sendAgain({ status, problems }: Answer, count: number): number[][] | undefined {
  const refused = problems?.filter(({ event_kept }) => event_kept === false) ?? [];
  // The visitor said no. Kept events would be sent once the visitor changes a browser setting.
  if (refused.some(({ code }) => code === "global_privacy_control")) return [];
  if (![400, 413, 422].includes(status)) return undefined;
  const named = refused.map(({ path }) => Number(/^data\[(\d+)\]/.exec(path)?.[1]));
  const rest = [...Array(count).keys()].filter((index) => !named.includes(index));
  if (rest.length < count) return rest.length > 0 ? [rest] : [];
  // No event is named. A path such as `dataset_id` is about the request, not about its events. Another path
  // is about the body: one of its events spoils it.
  const isSpoilt = problems ? refused.every(({ path }) => /^(data\b|$)/.test(path)) : status === 413;
  const half = count >> 1;
  if (isSpoilt && half > 0) return [rest.slice(0, half), rest.slice(half)];
  // The worker refused the event in a request of its own. A refusal by a proxy does not count.
  return isSpoilt && problems ? [] : undefined;
}
