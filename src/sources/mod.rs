//! Converts the shapes of other tools and services to events.
//!
//! Each source has its own file. The file says whose shape it reads, which fields it trusts, and
//! what it leaves out. This room does not know where an event is sent next.

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
pub mod orders;
pub mod page;
mod sdk;
pub mod segment;
pub mod server;

pub use conversions_api::{Body, NoEntropy, Read, Reading};
pub use decimal::whole_float;
