//! The stand-in for Meta, driven as over HTTP. Expected values are those of Meta's documents.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

mod a_fault;
#[path = "../support/any_json.rs"]
mod any_json;
mod anything;
mod conformance;
mod deduplication;
mod memory;
mod meta;
mod pairs;
mod stored;
mod the_api;
mod the_checks_on_an_event;
mod the_checks_on_customer_information;
mod the_graph_edge;
mod the_pixels_endpoint;
mod the_settings;
mod the_verdicts;
