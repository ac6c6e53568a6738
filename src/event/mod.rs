//! The Conversions API event: its model and the rules it has to keep.
//!
//! A [`ServerEvent`] is one element of `data` in a request to Meta, field for field (Meta, "Server
//! Event Parameters"). What a page or a back end sent becomes one on the floor above.

mod action_source;
mod channel;
mod customer_information;
mod limited_data_use;
mod problem;
mod serialize;
mod server_event;
mod trust;
mod unhashed;
mod validate;

pub use action_source::ActionSource;
pub use customer_information::CustomerInformation;
pub use limited_data_use::DataProcessing;
pub use problem::Problem;
pub use server_event::ServerEvent;
pub use trust::Trust;
pub use unhashed::{HASHED_BY_SENDER, Unhashed};
pub(crate) use validate::MOST_NAMED;
pub use validate::{EventTime, event_time};
