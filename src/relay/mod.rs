//! The relay, without its I/O: requests in, enriched events out; batches; what an answer from Meta
//! means; when to try again.
//!
//! The host hands in what arrived (bytes, headers, the time, entropy) and carries out what is
//! decided here: answer this, store that, post this batch, wait so long.

mod config;
mod documents;
mod door;
mod outbox;

pub use crate::sources::NoEntropy;
pub use config::*;
pub use documents::{
    Address, DocumentChanges, DocumentRequest, DocumentResponse, Forwarding, HeaderChange, Resolve,
    asks_callback, document_changes, forwarding, host_problem, script_tag,
};
pub use door::*;
pub use outbox::*;
