// Decides on the id of an event.

/** Makes an event id: that of an order, or a random one without an order. */
export type MakeId = (eventName: string, orderId?: string) => string;

/**
 * Returns the id of an event: the known one, which the caller gave or prepared, else the order's, else a random one.
 *
 * The second value is the key by which a Purchase is sent once: the id of its order, else the known id. Without either,
 * and for other events, it is undefined or empty.
 */
export const idOf = (
  eventName: string,
  known: string | undefined,
  orderId: string | undefined,
  makeId: MakeId,
): [id: string, once: string | undefined] => [
  known ?? makeId(eventName, orderId),
  eventName === "Purchase" ? (orderId ? makeId(eventName, orderId) : known) : "",
];

/**
 * Returns a non-empty text or a number as text, else undefined. Half of a surrogate pair becomes U+FFFD, as in the
 * worker's copy, so that both copies have the same id.
 */
export const textOf = (value: unknown): string | undefined =>
  (typeof value === "string" && value) || typeof value === "number"
    ? String(value).replace(/\p{Cs}/gu, "\ufffd")
    : undefined;
