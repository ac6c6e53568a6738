// Makes the lines of `data-debug`: for each event, the recipients of its copies and the worker's answer.

type Dataset = string | undefined;

/**
 * Returns the line about a tracked event. `pixel` has the datasets of the pixel's copy. It is undefined if the pixel does
 * not get the event. `worker` has the datasets of the worker's copy; an undefined dataset is the first of the worker's
 * configuration. `worker` is undefined for a duplicate, which is dropped on both sides.
 */
export function aboutEvent(name: string, id: string, pixel?: Dataset[], worker?: Dataset[]): string {
  if (worker === undefined) return `${name} ${id}: the second of this navigation, dropped on both sides`;
  const to = (datasets: Dataset[]) => datasets.map((each) => each ?? "its first dataset").join(", ");
  const browser = !pixel
    ? "no browser copy"
    : `browser copy by the pixel${pixel.length > 0 ? ` to ${to(pixel)}` : ", which has no dataset yet"}`;
  const server = worker.length > 0 ? `server copy to ${to(worker)}` : "no server copy";
  return `${name} ${id}: ${browser}; ${server}`;
}

/** Returns the line about a request with events. `status` is 0 without an answer, undefined for a beacon. */
export function aboutRequest(
  events: { event_name: string; event_id: string }[],
  url: string,
  status?: number,
  body?: unknown,
): string {
  const names = events.map(({ event_name, event_id }) => `${event_name} ${event_id}`).join(", ");
  const { events_received, problems } = (body ?? {}) as { events_received?: unknown; problems?: unknown };
  const said =
    status === undefined
      ? "sent as the page was left, the answer is not known"
      : status === 0
        ? "no answer"
        : typeof events_received === "number"
          ? `${status}, ${events_received} received, problems: ${JSON.stringify(problems ?? [])}`
          : `${status}, not the worker's answer`;
  return `POST ${url} (${names}): ${said}`;
}
