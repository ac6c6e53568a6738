// The shape of the sandbox's report, with the fields that only newer sandboxes send.

import type { Fault as BaseFault, Report as BaseReport, SeenEvent as BaseEvent } from "../../report.ts";

export type { BrowserCopy, Data, MetaError, SeenRequest, ServerCopy } from "../../report.ts";

/** A browser's or a server's copy. */
export type Side = "browser" | "server";

/** One thing that is wrong in a pair of copies. */
export interface Finding {
  field: string;
  severity: "error" | "warning";
  message: string;
  fix: string;
}

/** An identifier of the person, and the copies that carry it. */
export interface Identifier {
  key: string;
  by: Side | "both";
}

/** An estimate of how well Meta can match the event to a person. */
export interface MatchQuality {
  /** 0 to 10. */
  score: number;
  identifiers: Identifier[];
  label?: string;
}

export interface SeenEvent extends BaseEvent {
  findings?: Finding[];
  match_quality?: MatchQuality | null;
}

/** The number of copies and events of one name. */
export interface NameTotals {
  event_name: string;
  browser: number;
  server: number;
  merged: number;
  events: number;
}

/** The number of copies since the sandbox was last cleared. */
export interface Totals {
  browser_copies: number;
  server_copies: number;
  repeated_copies: number;
  events: number;
  merged: number;
}

export interface Fault extends Omit<BaseFault, "status"> {
  status?: number | null;
  kind?: string;
  target?: string;
  latency_millis?: number | null;
}

export interface Report extends Omit<BaseReport, "events" | "fault"> {
  totals: Totals;
  total_requests: number;
  events: SeenEvent[];
  by_name?: NameTotals[];
  fault: Fault | null;
}
