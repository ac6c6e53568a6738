// The shapes of the sandbox's own API, as `docs/sandbox.md` describes it.

/** One of the two transmissions of an event, as the sandbox stores it. */
export interface Copy {
  received_at_millis: number;
  event_id: string | null;
  /** Unix seconds. Only a server's copy has it. */
  event_time?: number;
  fbp: string | null;
  fbc: string | null;
  url: string | null;
  referrer?: string | null;
  action_source?: string | null;
  client_ip_address?: string | null;
  client_user_agent?: string | null;
  user_data: Record<string, unknown>;
  /** The customer information that only later copies of a server had. */
  later_user_data?: Record<string, unknown>;
  custom_data: Record<string, unknown>;
  /** The number of times that it was received. The first one is stored. */
  copies: number;
}

/** A mistake that the sandbox found in a copy, or a difference between the two copies. */
export interface Finding {
  field: string;
  severity: "error" | "warning";
  message: string;
  fix: string;
}

/** An event with the copies that the sandbox received of it. */
export interface SeenEvent {
  dataset_id: string;
  event_name: string;
  event_id: string | null;
  merged: boolean;
  merged_by: string | null;
  why_not: string | null;
  browser: Copy | null;
  server: Copy | null;
  findings?: Finding[];
}

/** A request to the Graph API's `events` edge, with the sandbox's answer. */
export interface GraphRequest {
  fbtrace_id: string;
  received_at_millis: number;
  status: number;
  /** The version in the request's path, such as `v27.0`. */
  version: string;
  dataset_id: string;
  partner_agent: string | null;
  test_event_code: string | null;
  events: { event_name: unknown; event_id: unknown; event_time: unknown }[];
  error: { error_user_msg?: string; message?: string } | null;
}

/** Everything that the sandbox has seen, newest first. */
export interface Report {
  now_millis: number;
  counts: Record<string, number>;
  events: SeenEvent[];
  requests: GraphRequest[];
}

/** A failure that the sandbox is told to answer with. `docs/sandbox.md` lists the kinds. */
export interface Fault {
  status?: number;
  kind?: "status" | "reset" | "garbage" | "slow_body" | "rate_limit" | "expired_token";
  /** The number of requests that fail. Default: 1. */
  times?: number;
  body?: string;
  latency_millis?: number;
  /** Fails only the requests that hold this event. */
  event_id?: string;
  /** The side that fails. Default: the Graph API. */
  target?: "graph" | "pixel";
}

/** The sandbox's judgement of two copies. */
export interface PairCheck {
  merged: boolean;
  findings: Finding[];
}
