//! Tests the events of other sources, from their bodies to the accepted events.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

mod a_no_that_travels;
#[path = "../support/any_json.rs"]
mod any_json;
mod anything;
mod segments_calls;
mod taking;
mod the_tables;
mod the_webhooks;
