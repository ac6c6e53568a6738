//! The Conversions API event: its model and its rules.
//!
//! A [`ServerEvent`] is one element of `data` in a request to Meta, field for field (Meta, "Server
//! Event Parameters"). The floor above makes it from the data that a page or a back end sent.

mod action_source;
mod channel;
pub(crate) mod consent;
mod currency;
mod customer_information;
mod hash;
mod limited_data_use;
mod order;
mod placeholder;
mod problem;
mod serialize;
mod server_event;
mod trust;
mod unhashed;
mod validate;
mod web_address;

pub use action_source::ActionSource;
pub use customer_information::{CustomerInformation, is_too_broad};
pub use limited_data_use::DataProcessing;
pub use order::OrderMention;
pub use problem::Problem;
pub use server_event::ServerEvent;
pub use trust::Trust;
pub use unhashed::{HASHED_BY_SENDER, Unhashed};
pub use validate::{CUSTOMER_INFORMATION_TOO_BROAD, EventTime, event_time};

// The rules, for the rooms that read events (sources) and stand in for Meta (sandbox).
pub(crate) use currency::{expected_currency, is_currency};
pub(crate) use hash::{is_appendix, is_hash};
pub(crate) use limited_data_use::is_sound as is_sound_place;
pub(crate) use placeholder::is_placeholder;
pub(crate) use validate::{Facts, MOST_NAMED, is_known_segment};
pub(crate) use web_address::is_web_address;
