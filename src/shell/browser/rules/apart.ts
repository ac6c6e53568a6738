// Decides which stored events are sent apart from the others.

/** The number of retries after which an event may be sent apart from other events. */
const APART_FROM_TRIES = 3;

/**
 * Returns the groups of events that are not sent in one request. `random` returns a number of 0 to 1.
 *
 * A firewall may refuse a whole request for a word in one event, without naming the event. Events that were retried
 * are grouped by chance: before long, the others are sent without it.
 */
export function apart<T extends { tries: number }>(events: T[], random: () => number): [T[], T[]] {
  const groups: [T[], T[]] = [[], []];
  for (const event of events) groups[event.tries >= APART_FROM_TRIES && random() < 0.5 ? 1 : 0].push(event);
  return groups;
}
