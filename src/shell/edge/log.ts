// The log: one JSON object a line, with what an operator needs and nothing of the events.

/** Writes a line. `what` is a name for programs; no fact may hold an event, a token or a key. */
export function log(level: "info" | "warn" | "error", what: string, facts: Record<string, unknown>): void {
  console[level](JSON.stringify({ level, what, ...facts }));
}
