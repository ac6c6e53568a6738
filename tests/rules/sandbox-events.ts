// Events and requests as the sandbox reports them, for tests of its page.

import type { Report, SeenEvent, SeenRequest } from "../../www/sandbox/model/report.ts";

/** Returns a browser's copy that was received at this time. */
export const browserCopy = (received_at_millis: number, changes: object = {}) => ({
  received_at_millis,
  event_id: "id-1",
  fbp: null,
  fbc: null,
  user_data: {},
  custom_data: {},
  copies: 1,
  ...changes,
});

/** Returns a server's copy that was received at this time. */
export const serverCopy = (received_at_millis: number, changes: object = {}) => ({
  ...browserCopy(received_at_millis),
  event_time: Math.floor(received_at_millis / 1000),
  ...changes,
});

/** Returns an event that only the browser sent, with these changes. */
export const seen = (changes: Partial<SeenEvent> = {}): SeenEvent => ({
  dataset_id: "1234567890",
  event_name: "Lead",
  event_id: "id-1",
  merged: false,
  merged_by: null,
  why_not: null,
  browser: browserCopy(1000),
  server: null,
  ...changes,
});

/** Returns an event that was merged. */
export const merged = (changes: Partial<SeenEvent> = {}): SeenEvent =>
  seen({ merged: true, merged_by: "event_id", server: serverCopy(3000), ...changes });

/** Returns a request that was refused. */
export const refused = (changes: Partial<SeenRequest> = {}): SeenRequest => ({
  received_at_millis: 2000,
  status: 400,
  version: "v27.0",
  dataset_id: "1234567890",
  test_event_code: null,
  partner_agent: null,
  events: [{ event_name: "Purchase", event_id: "order-7", event_time: 1 }],
  error: { message: "Invalid parameter", error_user_title: "Missing Currency" },
  fbtrace_id: "sandbox-00000001",
  ...changes,
});

/** Returns the report of a sandbox that has these events, newest first, of which it names the first `limit`. */
export function reportOf(events: SeenEvent[], requests: SeenRequest[] = [], limit = Infinity): Report {
  const count = (is: (event: SeenEvent) => boolean) => events.filter(is).length;
  const repeats = (copy: { copies: number } | null) => (copy === null ? 0 : copy.copies - 1);
  return {
    now_millis: 10_000,
    counts: {
      browser: count(({ browser }) => browser !== null),
      server: count(({ server }) => server !== null),
      merged: count((event) => event.merged),
      browser_only: count(({ server }) => server === null),
      server_only: count(({ browser }) => browser === null),
      refused: requests.length,
    },
    totals: {
      browser_copies: 0,
      server_copies: 0,
      repeated_copies: events.reduce(
        (sum, { browser, server }) => sum + repeats(browser) + repeats(server),
        0,
      ),
      events: events.length,
      merged: count((event) => event.merged),
    },
    total_requests: requests.length,
    events: events.slice(0, limit),
    requests: requests.slice(0, limit),
    fault: null,
  };
}
