// The shape of the sandbox's answer to `GET /api/events`.

/** A JSON object of an event. */
export type Data = Record<string, unknown>;

/** One copy of an event, from either side. Text that a copy does not carry is null or absent. */
interface Copy {
  received_at_millis: number;
  event_id?: string | null;
  fbp?: string | null;
  fbc?: string | null;
  url?: string | null;
  referrer?: string | null;
  client_ip_address?: string | null;
  client_user_agent?: string | null;
  data_processing_options?: unknown;
  user_data: Data;
  custom_data: Data;
  /** The number of times that the copy came. */
  copies: number;
}

/** The copy that the pixel sent. */
export interface BrowserCopy extends Copy {
  event_time_millis?: number;
}

/** The copy that the Conversions API received. */
export interface ServerCopy extends Copy {
  /** Unix seconds. */
  event_time: number;
  action_source?: string | null;
  /** The customer information that only later copies of a server had; absent for none. */
  later_user_data?: Data;
  fbtrace_id?: string | null;
}

/** One event, with the copies that the sandbox recognised. */
export interface SeenEvent {
  dataset_id: string;
  event_name: string;
  event_id: string | null;
  merged: boolean;
  merged_by: "event_id" | "external_id" | "fbp" | null;
  why_not: string | null;
  browser: BrowserCopy | null;
  server: ServerCopy | null;
}

/** An error as Meta writes it. */
export interface MetaError {
  message?: string;
  code?: number;
  error_subcode?: number;
  error_user_title?: string;
  error_user_msg?: string;
  fbtrace_id?: string;
}

/** One request to the Conversions API. */
export interface SeenRequest {
  received_at_millis: number;
  status: number;
  version: string;
  dataset_id: string;
  test_event_code: string | null;
  partner_agent: string | null;
  /** The events as they came. A rejected event may have values of any type. */
  events: { event_name: unknown; event_id: unknown; event_time: unknown }[];
  error: MetaError | null;
  fbtrace_id: string;
}

/** A failure that was asked for. */
export interface Fault {
  status: number;
  remaining: number;
  /** The id of an event: only requests with it fail. */
  event_id?: string;
}

export interface Report {
  now_millis: number;
  counts: Record<"browser" | "server" | "merged" | "browser_only" | "server_only" | "refused", number>;
  events: SeenEvent[];
  requests: SeenRequest[];
  fault: Fault | null;
}

/**
 * Returns the newest events and requests, at most `limit` of each. `base` is the sandbox's address, "" on its
 * own page.
 */
export async function fetchReport(base: string, limit: number): Promise<Report> {
  const response = await fetch(`${base}/api/events?limit=${limit}`, {
    cache: "no-store",
    credentials: "omit",
  });
  if (!response.ok) throw new Error(`the sandbox answered ${response.status}`);
  return (await response.json()) as Report;
}
