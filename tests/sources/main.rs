//! Other people's events, from what they send to what is kept of it.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

mod a_no_that_travels;
#[path = "../support/any_json.rs"]
mod any_json;
mod anything;
mod segments_calls;
mod taking;
mod the_tables;
