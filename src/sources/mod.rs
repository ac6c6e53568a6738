//! Other people's shapes, turned into events.
//!
//! One file per source; each says whose shape it reads, which of its fields it trusts, and what it
//! leaves out. Nothing here knows where an event goes next.

mod conversions_api;
mod custom_data;
mod customer_information;
pub mod data_layer;
mod decimal;
mod fields;
pub mod graph;
pub mod json;
mod limits;
pub mod mapping;
mod moment;
pub mod page;
mod sdk;
pub mod segment;
pub mod server;

pub use conversions_api::{Body, NoEntropy, Read, Reading};
