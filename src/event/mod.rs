//! The Conversions API event: its model and the rules it has to keep.
//!
//! A [`ServerEvent`] is one element of `data` in a request to Meta, field for field (Meta, "Server
//! Event Parameters"). What a page or a back end sent becomes one on the floor above.

mod action_source;
mod customer_information;
mod problem;
mod serialize;
mod server_event;
mod validate;

pub use action_source::ActionSource;
pub use customer_information::CustomerInformation;
pub use problem::Problem;
pub use server_event::{DataProcessing, ServerEvent};
pub use validate::{EventTime, event_time};
