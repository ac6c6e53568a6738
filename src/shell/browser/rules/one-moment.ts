// Finds the second of two pushes that tell one moment in two vocabularies: GTM4WP pushes
// `gtm4wp.addProductToCartEEC` and `add_to_cart` for one click. `src/sources/mapping/moments.rs` does the same
// for the events of a body.

/** A push that became an event. */
export interface Heard {
  /** Its vocabulary, as `vocabularyOf` says. */
  vocabulary: string | undefined;
  /** Meta's name of the event, and its order or products. */
  moment: string;
  millis: number;
}

/** The maximum time between two pushes of one moment, in milliseconds. */
const WITHIN_MILLIS = 2_000;

/** Returns the vocabulary of a push: gtag's calls, the plain names of pushed events, or names with a prefix. */
export const vocabularyOf = (pushed: unknown): string | undefined =>
  Array.isArray(pushed) ? "gtag" : /^\w+\.|/.exec(String((pushed as { event?: unknown }).event))?.[0];

/** Returns a text that two pushes of one moment have in common. */
export const momentOf = (
  eventName: string,
  { order_id: order, content_ids: ids }: { order_id?: unknown; content_ids?: unknown },
): string => JSON.stringify([eventName, order === undefined ? ids : `${order as string}`]);

/**
 * Returns true if an earlier push told the moment in another vocabulary. Each push is the first of one other at
 * most, so two clicks stay two. Keeps the pushes in `heard`.
 */
export function isSecond(heard: Heard[], next: Heard): boolean {
  const recent = heard.filter(({ millis }) => next.millis - millis < WITHIN_MILLIS);
  const first = recent.findIndex(
    ({ vocabulary, moment }) => vocabulary !== next.vocabulary && moment === next.moment,
  );
  if (first < 0) recent.push(next);
  else recent.splice(first, 1);
  heard.splice(0, heard.length, ...recent);
  return first >= 0;
}
