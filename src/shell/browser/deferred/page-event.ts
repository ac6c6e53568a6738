// Turns a recorded call into an event in the shape of the Conversions API.

import type { Recorded } from "../record.ts";
import { site } from "../site.ts";

/** An event on its way from the page to the worker. */
export interface PageEvent {
  event_name: string;
  /** Unix seconds. */
  event_time: number;
  event_id: string;
  event_source_url: string;
  referrer_url: string;
  custom_data: unknown;
  user_data?: unknown;
  data_processing_options?: unknown;
  data_processing_options_country?: unknown;
  data_processing_options_state?: unknown;
}

/** Returns the event of a call. Give the referrer if the call is not of this document. */
export function pageEvent(
  { call, millis, url, limits }: Recorded,
  id: string,
  referrer = site().document.referrer,
): PageEvent {
  const [, options, country = 0, state = 0] = limits ?? [];
  return {
    event_name: String(call[1]),
    event_time: Math.floor(millis / 1000),
    event_id: id,
    event_source_url: url,
    referrer_url: referrer,
    custom_data: call[2],
    data_processing_options: options,
    data_processing_options_country: limits && country,
    data_processing_options_state: limits && state,
  };
}
