//! Tests of the relay: its answers and the events that it accepts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests")]

#[path = "../support/any_json.rs"]
mod any_json;
mod anything;
mod cookies_written_again;
mod each_event_by_itself;
mod stored_bytes;
mod taking;
mod the_events_of_pages;
mod the_events_of_servers;
mod what_is_left_out;
mod what_is_refused;
mod what_the_sandbox_takes;
