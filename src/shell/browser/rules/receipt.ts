// A receipt of the worker, or not.

/** The body of an answer, as far as a receipt goes. */
type Body = { events_received?: unknown; problems?: unknown } | null | undefined;

/**
 * True if the worker has the events: a 2xx whose JSON has the number `events_received`.
 *
 * A static server, a framework without a rule for the path, a login page and a captive portal answer 2xx, too.
 */
export const isReceipt = (status: number, body: unknown): boolean =>
  status >= 200 && status < 300 && typeof (body as Body)?.events_received === "number";

/**
 * True if an answer, or none (status 0), needs a look: the worker has something to say of the events, or there is no
 * receipt. A server that fails once and a moment without a network need none.
 */
export const isProblem = (status: number, body: unknown, tries: number, isOnline: boolean): boolean =>
  isReceipt(status, body)
    ? [(body as Body)?.problems ?? []].flat().length > 0
    : tries > 0
      ? status > 0 || isOnline
      : status > 0 && status < 500;
