// Decides if an answer is a receipt: the worker has the events.

/** The fields of an answer's body that decide. */
type Body = { events_received?: unknown; problems?: object[] } | null | undefined;

/**
 * Returns true if the worker has the events: the status is 2xx and the JSON has the number `events_received`.
 *
 * A 2xx alone is no receipt. A static server, a framework without a rule for the path, a login page and a captive portal
 * answer 2xx, too.
 */
export const isReceipt = (status: number, body: unknown): boolean =>
  status >= 200 && status < 300 && typeof (body as Body)?.events_received === "number";

/** True for a receipt in which the worker names no problem. It ends the events of its request. */
export const isPlainReceipt = (status: number, body: unknown): boolean =>
  isReceipt(status, body) && !(body as Body)?.problems?.[0];

/**
 * Returns true if the part with the warnings must look at an answer that is no plain receipt: the worker named problems,
 * or something else answered. A first 5xx, and a missing answer (status 0) that may come from a moment without a network,
 * are only retried.
 */
export const isProblem = (status: number, tries: number, isOnline: boolean): boolean =>
  tries > 0 ? status > 0 || isOnline : status > 0 && status < 500;
