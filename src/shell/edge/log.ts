// The log: one JSON object a line, with what an operator needs and nothing of the events.

/** Writes a line. `what` is a name for programs; no fact may hold an event, a token or a key. */
export function log(level: "info" | "warn" | "error", what: string, facts: Record<string, unknown>): void {
  const plain = (_: string, value: unknown) => (typeof value === "string" ? withoutQueries(value) : value);
  console[level](JSON.stringify({ level, what, ...facts }, plain));
}

/** Removes the queries of all URLs in a text: clients of the Graph API may have a key there. */
export function withoutQueries(text: string): string {
  return text.replace(/(\/[^\s?"'<>]*)\?[^\s"'<>]*/g, "$1?…");
}
